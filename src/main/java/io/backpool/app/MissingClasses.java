package io.backpool.app;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * What an application's own classes use and no jar has: found before the first request. Looks at
 * the classes whose package begins as that of the application does; a library in the same jar may
 * well name others that it can do without.
 */
final class MissingClasses {
    private final AppClassLoader loader;
    private final String ownPackage;

    /** The missing class, and one that uses it. */
    private final Map<String, String> missing = new TreeMap<>();

    private final Map<String, Boolean> known = new TreeMap<>();

    private MissingClasses(AppClassLoader loader, String ownPackage) {
        this.loader = loader;
        this.ownPackage = ownPackage;
    }

    /**
     * Looks through {@code jar}.
     *
     * @throws ApplicationException names what is missing
     */
    static void check(Path file, Path jar, AppClassLoader loader, Class<?> application) {
        var search = new MissingClasses(loader, ownPackage(application.getPackageName()));
        try (var open = new JarFile(file.toFile());
                Stream<JarEntry> entries = open.stream()) {
            for (JarEntry entry : entries.filter(search::isOwn).toList()) {
                try (var in = new DataInputStream(open.getInputStream(entry))) {
                    search.read(in, className(entry.getName()));
                }
            }
        } catch (IOException e) {
            throw new ApplicationException(
                    "app.jar: " + jar + " can't be read as a jar (" + e.getMessage() + ")", e);
        }
        if (!search.missing.isEmpty()) {
            var first = search.missing.entrySet().iterator().next();
            int more = search.missing.size() - 1;
            throw new ApplicationException(
                    "app.jar: "
                            + jar
                            + " lacks "
                            + first.getKey()
                            + (more == 0 ? "" : " and " + more + " more classes")
                            + ", which "
                            + first.getValue()
                            + " uses. Put the library into the jar, or into lib/ beside it",
                    null);
        }
    }

    /** Two names at most: {@code com.example.shop.web} is part of {@code com.example}. */
    private static String ownPackage(String name) {
        int second = name.indexOf('.', name.indexOf('.') + 1);
        return name.isEmpty() ? "" : (second < 0 ? name : name.substring(0, second)) + ".";
    }

    private boolean isOwn(JarEntry entry) {
        String name = entry.getName();
        return name.endsWith(".class")
                && !name.startsWith("META-INF/")
                && !name.endsWith("-info.class")
                && (ownPackage.isEmpty()
                        ? !name.contains("/")
                        : className(name).startsWith(ownPackage));
    }

    private static String className(String file) {
        return file.substring(0, file.length() - ".class".length()).replace('/', '.');
    }

    /** The constant pool of a class file: Java Virtual Machine Specification, 4.4. */
    private void read(DataInputStream in, String user) throws IOException {
        in.skipNBytes(8);
        int count = in.readUnsignedShort();
        String[] texts = new String[count];
        int[] classes = new int[count];
        for (int i = 1; i < count; i++) {
            int tag = in.readUnsignedByte();
            switch (tag) {
                case 1 -> texts[i] = in.readUTF();
                case 7 -> classes[i] = in.readUnsignedShort();
                case 8, 16, 19, 20 -> in.skipNBytes(2);
                case 15 -> in.skipNBytes(3);
                case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                case 5, 6 -> {
                    in.skipNBytes(8);
                    i++; // it takes two places
                }
                default -> throw new IOException(user + " is no class file");
            }
        }
        for (int place : classes) {
            if (place != 0) {
                use(texts[place], user);
            }
        }
    }

    private void use(String internalName, String user) {
        String name = internalName.replace('/', '.');
        if (name.startsWith("[")) {
            int type = name.lastIndexOf('[') + 1;
            if (name.charAt(type) != 'L') {
                return;
            }
            name = name.substring(type + 1, name.length() - 1);
        }
        if (!known.computeIfAbsent(name, loader::has)) {
            missing.putIfAbsent(name, user);
        }
    }
}
