package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.TestServices;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code /users} promises on every database. */
abstract class UsersContract {
    private static final int MANY = 100_000;

    @TempDir Path directory;
    private final HttpClient http = HttpClient.newHttpClient();
    private TestServices services;
    private ShowcaseServer server;

    abstract String databaseUrl();

    /** How the database would answer {@link Users#PAGE}, in its own words. */
    abstract String plan(TestServices services) throws SQLException;

    /** What stands in {@link #plan} where it goes by the key. */
    abstract String byKey();

    @BeforeEach
    void open() {
        services = new TestServices(directory, databaseUrl());
        server = new ShowcaseServer(services);
    }

    @AfterEach
    void close() {
        server.close();
        services.close();
    }

    @Test
    void aUserLivesFromPostToDelete() throws Exception {
        HttpResponse<String> made = send("POST", "/users", "{'name':'Zoe','email':'z@x.org'}");
        assertThat(made.statusCode()).isEqualTo(201);
        String path = made.headers().firstValue("location").orElseThrow();
        String tag = made.headers().firstValue("etag").orElseThrow();
        String id = path.substring("/users/".length());
        assertThat(made.body())
                .isEqualTo("{\"id\":" + id + ",\"name\":\"Zoe\",\"email\":\"z@x.org\"}");
        assertThat(send("GET", path, "").body()).isEqualTo(made.body());

        HttpResponse<String> changed =
                send("PUT", path, "{'name':'Zoë','email':'z@x.org'}", "If-Match", tag);
        assertThat(changed.statusCode()).isEqualTo(200);
        assertThat(changed.body()).contains("Zoë");
        assertThat(
                        send("PUT", path, "{'name':'Zed','email':'z@x.org'}", "If-Match", tag)
                                .statusCode())
                .isEqualTo(412);
        assertThat(send("GET", path, "").body()).contains("Zoë");

        assertThat(send("DELETE", path, "").statusCode()).isEqualTo(204);
        assertThat(send("DELETE", path, "").statusCode()).isEqualTo(404);
        assertThat(send("GET", path, "").statusCode()).isEqualTo(404);
        assertThat(send("PUT", path, "{'name':'Z','email':'z@x.org'}").statusCode()).isEqualTo(404);
    }

    @Test
    void mistakesAreToldFromConflicts() throws Exception {
        send("POST", "/users", "{'name':'A','email':'a@x.org'}");
        HttpResponse<String> twice = send("POST", "/users", "{'name':'B','email':'a@x.org'}");
        assertThat(twice.statusCode()).isEqualTo(409);
        assertThat(twice.headers().firstValue("content-type")).contains("application/problem+json");
        String other =
                send("POST", "/users", "{'name':'B','email':'b@x.org'}")
                        .headers()
                        .firstValue("location")
                        .orElseThrow();
        assertThat(send("PUT", other, "{'name':'B','email':'a@x.org'}").statusCode())
                .isEqualTo(409);
        for (String wrong :
                new String[] {
                    "",
                    "[]",
                    "{",
                    "null",
                    "7",
                    "'text'",
                    "{'name':null,'email':null}",
                    "{'name':'B'}",
                    "{'name':'','email':'c@x.org'}",
                    "{'name':'a\\u0000b','email':'c@x.org'}",
                    "{'name':'a\\ud800b','email':'c@x.org'}",
                    "{'name':'a','email':'c\\u0000@x.org'}",
                    "[".repeat(9000)
                }) {
            assertThat(send("POST", "/users", wrong).statusCode()).as(wrong).isEqualTo(400);
            assertThat(send("PUT", other, wrong).statusCode()).as(wrong).isEqualTo(400);
        }
        assertThat(send("GET", "/users?limit=1001", "").statusCode()).isEqualTo(400);
        assertThat(send("GET", "/users?after=x", "").statusCode()).isEqualTo(400);
        assertThat(send("GET", "/users/x", "").statusCode()).isEqualTo(400);
    }

    @Test
    void ofManyWhoChangeAUserWithoutIfMatchTheLastOneWins() throws Exception {
        String path =
                send("POST", "/users", "{'name':'A','email':'a@x.org'}")
                        .headers()
                        .firstValue("location")
                        .orElseThrow();
        var threads = Executors.newFixedThreadPool(16);
        try {
            List<Future<Integer>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String json = "{'name':'N%d','email':'a@x.org'}".formatted(i);
                String[] headers = i % 2 == 0 ? new String[0] : new String[] {"If-Match", "*"};
                all.add(threads.submit(() -> send("PUT", path, json, headers).statusCode()));
            }
            for (Future<Integer> one : all) {
                assertThat(one.get()).isEqualTo(200);
            }
        } finally {
            threads.shutdownNow();
        }
        String tag = send("GET", path, "").headers().firstValue("etag").orElseThrow();
        assertThat(tag).isEqualTo("\"201\"");
        String json = "{'name':'B','email':'a@x.org'}";
        assertThat(send("PUT", path, json, "If-Match", "W/" + tag).statusCode()).isEqualTo(412);
        assertThat(send("PUT", path, json, "If-Match", "\"7\", " + tag).statusCode())
                .isEqualTo(200);
    }

    /** Each reads what it then writes. */
    @Test
    void ofManyTransactionsThatReadAndWriteNoneFails() throws Exception {
        send("POST", "/users", "{'name':'0','email':'a@x.org'}");
        var threads = Executors.newFixedThreadPool(20);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                all.add(threads.submit(this::addOne));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(send("GET", "/users", "").body()).contains("\"name\":\"200\"");
    }

    private @Nullable Void addOne() throws SQLException {
        try (var connection = services.dataSource().getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            var row = statement.executeQuery("SELECT name FROM users " + forUpdate());
            row.next();
            int next = Integer.parseInt(row.getString(1)) + 1;
            row.close();
            statement.executeUpdate("UPDATE users SET name = '" + next + "'");
            connection.commit();
        }
        return null;
    }

    /** SQLite has one writer at a time anyway. */
    String forUpdate() {
        return "";
    }

    @Test
    void aHundredThousandUsersArePagedByKey() throws Exception {
        assertThat(send("GET", "/users", "").body()).isEqualTo("{\"users\":[],\"next\":null}");
        fill();
        String next = "/users?limit=1000";
        int seen = 0;
        int pages = 0;
        while (!next.isEmpty()) {
            String page = send("GET", next, "").body();
            seen += page.split("\"email\"", -1).length - 1;
            pages++;
            int at = page.indexOf("\"next\":\"");
            next = at < 0 ? "" : page.substring(at + 8, page.length() - 2);
        }
        assertThat(seen).isEqualTo(MANY);
        assertThat(pages).isEqualTo(MANY / 1000 + 1);
        assertThat(plan(services)).contains(byKey());
    }

    /** In batches, as one should. */
    private void fill() throws SQLException {
        try (var connection = services.dataSource().getConnection()) {
            connection.setAutoCommit(false);
            try (var insert =
                    connection.prepareStatement("INSERT INTO users (name, email) VALUES (?, ?)")) {
                for (int i = 1; i <= MANY; i++) {
                    insert.setString(1, "User " + i);
                    insert.setString(2, "u" + i + "@example.com");
                    insert.addBatch();
                    if (i % 1000 == 0) {
                        insert.executeBatch();
                    }
                }
            }
            connection.commit();
        }
    }

    /** Every row of what explains {@link Users#PAGE}. */
    static String explain(TestServices services, String how) throws SQLException {
        var text = new StringBuilder();
        try (var connection = services.dataSource().getConnection();
                var explain = connection.prepareStatement(how + " " + Users.PAGE)) {
            explain.setLong(1, 99_000);
            explain.setInt(2, 100);
            var rows = explain.executeQuery();
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                text.append(rows.getString(columns)).append('\n');
            }
        }
        return text.toString();
    }

    HttpResponse<String> send(String method, String path, String json, String... headers)
            throws Exception {
        URI uri = server.uri(path);
        var request =
                HttpRequest.newBuilder(uri)
                        .method(
                                method,
                                HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
