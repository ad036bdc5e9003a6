package io.backpool.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every setting there is. Each record lists its own: {@link LimitsConfig#KEYS}. */
public final class Keys {
    /** In the order of {@code backend.yaml}. */
    public static final List<Key<?>> ALL = all();

    /** What each element of {@code balancers} may say. */
    public static final List<Key<?>> OF_A_BALANCER = BalancerConfig.KEYS.keys();

    private static final List<String> POOL_WIDE =
            List.of("pool.", "balancers", "admin.", "log.", "app.protocol");

    private Keys() {}

    /** Whether all members, the process that keeps them and httpd must agree on this setting. */
    static boolean isPoolWide(String name) {
        return POOL_WIDE.stream().anyMatch(name::startsWith)
                && PoolKeys.OF_A_MEMBER.stream().noneMatch(key -> key.name().equals(name));
    }

    /** The text that counts, said or by default. */
    static @Nullable String effective(String name, @Nullable Setting said) {
        return said != null ? said.text() : key(name).map(Key::defaultText).orElse(null);
    }

    /** What the text means: {@code 60s} and {@code 1m} are the same. */
    static Object means(String name, @Nullable String text) {
        if (text == null) {
            return "";
        }
        try {
            return key(name).<Object>map(key -> key.type().reader().apply(text)).orElse(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** By its name, which may be that of one element: {@code balancers[0].name}. */
    private static Optional<Key<?>> key(String name) {
        String general = name.replaceFirst("\\[\\d+]", "");
        return Stream.concat(ALL.stream(), OF_A_BALANCER.stream())
                .filter(key -> key.name().equals(general))
                .findFirst();
    }

    private static List<Key<?>> all() {
        var all = new KeyList();
        all.addAll(PoolKeys.KEYS);
        all.addAll(TlsConfig.Use.MEMBERS.keys());
        all.add(BalancerConfig.BALANCERS);
        all.addAll(TrustConfig.KEYS);
        all.addAll(LimitsConfig.KEYS);
        all.addAll(SessionsConfig.KEYS);
        all.addAll(ServicesConfig.KEYS);
        all.addAll(AppConfig.KEYS);
        all.addAll(ProgramConfig.KEYS);
        all.addAll(AccessLogConfig.KEYS);
        all.addAll(LogConfig.KEYS);
        all.addAll(AdminConfig.KEYS);
        all.addAll(TlsConfig.Use.ADMIN.keys());
        return all.keys();
    }
}
