package io.backpool.balancer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages that a real httpd 2.4.71 gave, and things that are no such page. */
class ManagerPageTest {
    private static final Path PAGES = Path.of("src/test/resources/io/backpool/balancer/manager");

    @ParameterizedTest
    @CsvSource({"states, app", "states, r-d", "fresh, app", "fresh, r-d"})
    void aRecordedPageIsReadAsExpected(String page, String balancer) throws IOException {
        Balancer read = ManagerPage.parse(page(page + ".xml"), balancer);
        assertThat(text(read)).isEqualTo(string(page + "." + balancer + ".expected"));
    }

    @Test
    void theMissingBalancerIsNamedBesideThoseThatAreThere() {
        assertThatThrownBy(() -> ManagerPage.parse(page("states.xml"), "shop"))
                .isInstanceOf(BalancerException.class)
                .hasMessageContaining("no balancer://shop there, it has app, r-d");
    }

    @Test
    void thePageForPeopleMeansThatTheRefererWasNotTaken() {
        assertThatThrownBy(() -> ManagerPage.parse(page("page.html"), "app"))
                .isInstanceOf(BalancerException.class)
                .hasMessageContaining("AH10187");
    }

    @Test
    void aWebPageIsNotTheManager() {
        byte[] login = "<!doctype html>\n<html lang=en><title>Log in</title>".getBytes(UTF_8);
        assertThatThrownBy(() -> ManagerPage.parse(login, "app"))
                .isInstanceOf(BalancerException.class)
                .hasMessageContaining("SetHandler balancer-manager");
    }

    @Test
    void aPageThatEndsEarlyIsRefusedWhereverItEnds() throws IOException {
        byte[] page = page("states.xml");
        for (int length = 0; length < page.length - 20; length += 97) {
            byte[] cut = java.util.Arrays.copyOf(page, length);
            assertThatThrownBy(() -> ManagerPage.parse(cut, "app"))
                    .isInstanceOf(BalancerException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "{\"error\":true}",
                "<a/>",
                "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM"
                        + " 'file:///etc/passwd'>]><a>&x;</a>",
                "\u0000\u0001\u0002"
            })
    void nonsenseIsRefused(String body) {
        assertThatThrownBy(() -> ManagerPage.parse(body.getBytes(UTF_8), "app"))
                .isInstanceOf(BalancerException.class)
                .hasMessageNotContaining("root:");
    }

    @Test
    void wordsOfANewerHttpdAreLeftOut() {
        assertThat(MemberStatus.parse("Init Novl Drn Ok "))
                .containsExactlyInAnyOrder(MemberStatus.INIT, MemberStatus.DRAIN, MemberStatus.OK);
    }

    private static String text(Balancer balancer) {
        return "%s nonce %s%n".formatted(balancer.name(), balancer.nonce())
                + balancer.members().stream()
                        .map(ManagerPageTest::text)
                        .collect(Collectors.joining());
    }

    private static String text(BalancerMember member) {
        String status =
                member.status().stream().sorted().map(Enum::name).collect(Collectors.joining(" "));
        return "%s = %s route '%s' redirect '%s' lbset %d factor %.2f elected %d busy %d sent %d read %d: %s%s%n"
                .formatted(
                        member.name(),
                        member.url(),
                        member.route(),
                        member.redirect(),
                        member.lbset(),
                        member.loadFactor(),
                        member.elected(),
                        member.busy(),
                        member.transferred(),
                        member.read(),
                        status,
                        member.inRotation() ? ", in rotation" : "");
    }

    private static byte[] page(String name) {
        try {
            return Files.readAllBytes(PAGES.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String string(String name) {
        return new String(page(name), UTF_8);
    }
}
