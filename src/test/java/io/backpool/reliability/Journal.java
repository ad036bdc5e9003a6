package io.backpool.reliability;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the application wrote of each request: {@code ID PID} when it began. All processes append to
 * one file, which outlives them. Used by one thread.
 */
final class Journal {
    private final Path file;
    private final Map<String, List<Long>> begun = new HashMap<>();
    private long read;

    Journal(Path file) {
        this.file = file;
    }

    /** Processes that began to handle it, in order; one may be there twice. */
    List<Long> handlers(String id) throws IOException {
        readOn();
        return begun.getOrDefault(id, List.of());
    }

    /** POSTs that were handled more than once. */
    List<String> handledTwice() throws IOException {
        readOn();
        return begun.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("post"))
                .filter(entry -> entry.getValue().size() > 1)
                .map(entry -> entry.getKey() + " by " + entry.getValue())
                .toList();
    }

    private void readOn() throws IOException {
        if (!file.toFile().exists()) {
            return;
        }
        byte[] bytes;
        try (var open = new RandomAccessFile(file.toFile(), "r")) {
            bytes = new byte[(int) (open.length() - read)];
            open.seek(read);
            open.readFully(bytes);
        }
        String text = new String(bytes, StandardCharsets.US_ASCII);
        int whole = text.lastIndexOf('\n') + 1;
        read += whole;
        for (String line : text.substring(0, whole).split("\n")) {
            String[] words = line.split(" ");
            if (words.length == 2) {
                begun.computeIfAbsent(words[0], id -> new ArrayList<>())
                        .add(Long.valueOf(words[1]));
            }
        }
    }
}
