package io.backpool.balancer;

import io.backpool.config.NumericAddress;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * Reads what {@code balancer-manager?xml=1} answers ({@code balancer_display_page} in httpd's
 * {@code mod_proxy_balancer.c}). Never follows an entity or a document type.
 */
final class ManagerPage {
    /** httpd escapes routes but not names: an ampersand that begins no entity stands for itself. */
    private static final Pattern BARE_AMPERSAND =
            Pattern.compile("&(?!(?:amp|lt|gt|quot|apos|#\\d+|#x[0-9a-fA-F]+);)");

    private ManagerPage() {}

    /** The balancer called {@code name}; where a page holds it twice, the first. */
    static Balancer parse(byte[] body, String name) {
        String text = new String(body, StandardCharsets.UTF_8);
        refuseHtml(text);
        List<String> others = new ArrayList<>();
        for (Element balancer : elements(document(text), "balancer")) {
            String found = text(balancer, "name").replaceFirst("^balancer://", "");
            if (found.equals(name)) {
                return balancer(found, balancer);
            }
            others.add(found);
        }
        throw new BalancerException(
                "httpd has no balancer://%s there, it has %s: is the name right, and is the balancer defined outside any <VirtualHost>?"
                        .formatted(name, others.isEmpty() ? "none" : String.join(", ", others)));
    }

    private static void refuseHtml(String text) {
        String head = text.substring(0, Math.min(text.length(), 1000)).toLowerCase(Locale.ROOT);
        if (!head.contains("<html")) {
            return;
        }
        if (head.contains("<title>balancer manager")) {
            throw new BalancerException(
                    "httpd answered its page for people and dropped our parameters: does a proxy"
                            + " between us change Host or Referer (httpd's log says AH10187)?");
        }
        throw new BalancerException(
                "that address answers a web page, not balancer-manager: does <Location> there say"
                    + " SetHandler balancer-manager, and is it out of ProxyPass's way (ProxyPass"
                    + " /balancer-manager !)?");
    }

    private static Element document(String text) {
        try {
            var source = new InputSource(new StringReader(escapeAmpersands(text)));
            return builder().parse(source).getDocumentElement();
        } catch (SAXException | IOException e) {
            throw new BalancerException(
                    "what that address answers is not balancer-manager's XML (%s): is the URL right?"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    private static String escapeAmpersands(String text) {
        return BARE_AMPERSAND.matcher(text).replaceAll("&amp;");
    }

    private static DocumentBuilder builder() {
        try {
            var factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(new DefaultHandler());
            return builder;
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException("this Java has no secure XML parser", e);
        }
    }

    private static Balancer balancer(String name, Element element) {
        List<BalancerMember> members = new ArrayList<>();
        for (Element member : elements(element, "worker")) {
            members.add(member(member));
        }
        return new Balancer(name, text(element, "nonce"), members);
    }

    private static BalancerMember member(Element element) {
        return new BalancerMember(
                text(element, "name"),
                url(element),
                text(element, "route"),
                text(element, "redirect"),
                (int) number(element, "lbset"),
                number(element, "loadfactor"),
                MemberStatus.parse(text(element, "status")),
                (long) number(element, "elected"),
                (long) number(element, "busy"),
                (long) number(element, "transferred"),
                (long) number(element, "read"));
    }

    /** Put together from its parts: the name lacks a default port. */
    private static URI url(Element element) {
        String host = text(element, "hostname").toLowerCase(Locale.ROOT);
        InetAddress address = NumericAddress.parse(NumericAddress.withoutBrackets(host));
        String url =
                "%s://%s:%d"
                        .formatted(
                                text(element, "scheme").replaceFirst("^ws(s?)$", "http$1"),
                                address == null ? host : NumericAddress.inUrl(address),
                                (int) number(element, "port"));
        try {
            return URI.create(url);
        } catch (IllegalArgumentException e) {
            throw new BalancerException("httpd names a member that is no URL: " + url, e);
        }
    }

    private static double number(Element element, String name) {
        String text = text(element, name);
        try {
            return text.isEmpty() ? 0 : Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new BalancerException("httpd's %s is no number: '%s'".formatted(name, text), e);
        }
    }

    private static String text(Element element, String name) {
        List<Element> found = elements(element, name);
        return found.isEmpty() ? "" : found.get(0).getTextContent().strip();
    }

    private static List<Element> elements(Element parent, String name) {
        NodeList nodes = parent.getElementsByTagNameNS("http://httpd.apache.org", name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
