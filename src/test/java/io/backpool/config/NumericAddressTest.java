package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.Inet6Address;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumericAddressTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "::1, 0:0:0:0:0:0:0:1",
        "2001:DB8::1, 2001:db8:0:0:0:0:0:1",
        "::ffff:192.0.2.1, 192.0.2.1"
    })
    void anAddressIsRead(String text, String address) {
        assertThat(NumericAddress.parse(text)).extracting("hostAddress").isEqualTo(address);
    }

    /** As inet_ntop(3) of the GNU C library writes them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1",
                "::",
                "::1",
                "1::",
                "2001:db8::1",
                "2001:db8:1:2:3:4:5:6",
                "2001:0:1:2:3:4:5:6",
                "2001:db8::1:0:0:1",
                "2001:0:0:1::2",
                "::2:0:0:1:1:1",
                "1:2:3:4:5:6::",
                "fe80::a0b:c0d"
            })
    void anAddressIsWrittenShort(String text) {
        assertThat(NumericAddress.write(Objects.requireNonNull(NumericAddress.parse(text))))
                .isEqualTo(text);
    }

    @Test
    void theZoneStays() throws Exception {
        byte[] bytes = Objects.requireNonNull(NumericAddress.parse("fe80::1")).getAddress();
        assertThat(NumericAddress.write(Inet6Address.getByAddress("", bytes, 7)))
                .isEqualTo("fe80::1%7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.4.",
                ".1.2.3.4",
                "1..2.3",
                "256.1.1.1",
                "01.2.3.4",
                "0x7f.0.0.1",
                "2130706433",
                "1.2.3.4 ",
                "+1.2.3.4",
                "\u0661.2.3.4",
                ":",
                "::g",
                ":::1",
                "1::2::3",
                "fe80::1%lo",
                "[::1]",
                "a:b",
                "1:2:3:4:5:6:7:8:9"
            })
    void anythingElseIsNotAndNobodyIsAsked(String text) {
        assertThat(NumericAddress.parse(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.0/8, 127.255.0.1, true",
        "127.0.0.0/8, 128.0.0.1, false",
        "10.1.2.3, 10.1.2.3, true",
        "10.1.2.3, 10.1.2.2, false",
        "10.1.2.3/32, 10.1.2.3, true",
        "172.16.0.0/12, 172.31.255.255, true",
        "172.16.0.0/12, 172.32.0.0, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "0.0.0.0/0, 8.8.8.8, true",
        "0.0.0.0/0, ::1, false",
        "::/0, 2001:db8::1, true",
        "::/0, 127.0.0.1, false",
        "::1/128, ::1, true",
        "fd00::/8, fdff::1, true",
        "fd00::/8, fe00::1, false",
        "2001:db8::/33, 2001:db8:8000::, false",
        "127.0.0.0/8, ::ffff:127.0.0.1, true"
    })
    void aNetworkContainsItsAddresses(String network, String address, boolean contained) {
        var parsed = Objects.requireNonNull(NumericAddress.parse(address));

        assertThat(Cidr.parse(network).contains(parsed)).isEqualTo(contained);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1/8",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "/8",
                "::1/129",
                "fd00::1/8",
                "localhost/8",
                "10.0.0.0/8/8",
                "10.0.0.0/a"
            })
    void aNetworkWithBitsBeyondItsPrefixIsAMistake(String network) {
        assertThatIllegalArgumentException().isThrownBy(() -> Cidr.parse(network));
    }
}
