package io.backpool.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Bars that lie one under the other, as SVG: each lane's median, and a line for its spread. */
final class Chart {
    private static final int LEFT = 300;
    private static final int WIDTH = 420;
    private static final int ROW = 22;
    private static final int TOP = 36;

    private Chart() {}

    static String bars(String title, Results results, String metric) {
        List<Map.Entry<String, List<Double>>> lanes =
                results.lanes().keySet().stream()
                        .map(lane -> Map.entry(lane, results.values(lane, metric)))
                        .filter(lane -> !lane.getValue().isEmpty())
                        .toList();
        double largest =
                lanes.stream().mapToDouble(lane -> Results.median(lane.getValue())).max().orElse(1);
        var text = new StringBuilder();
        text.append(
                """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" \
                font-family="sans-serif" font-size="13">
                <rect width="%1$d" height="%2$d" fill="white"/>
                <text x="10" y="22" font-weight="bold">%3$s (medians)</text>
                """
                        .formatted(LEFT + WIDTH + 90, TOP + ROW * lanes.size() + 10, escape(title)));
        int y = TOP;
        for (Map.Entry<String, List<Double>> lane : lanes) {
            text.append(row(lane.getKey(), lane.getValue(), WIDTH / largest, y));
            y += ROW;
        }
        return text.append("</svg>\n").toString();
    }

    private static String row(String lane, List<Double> values, double scale, int y) {
        double median = Results.median(values);
        var range = values.stream().mapToDouble(Double::doubleValue).summaryStatistics();
        double end = LEFT + median * scale;
        return String.format(
                Locale.ROOT,
                """
                <text x="%d" y="%d" text-anchor="end">%s</text>
                <rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>
                <line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="black"/>
                <text x="%.1f" y="%d">%s</text>
                """,
                LEFT - 8,
                y + 14,
                escape(lane),
                LEFT,
                y + 2,
                median * scale,
                ROW - 6,
                lane.contains("backpool") ? "#c0392b" : "#8aa4bd",
                LEFT + range.getMin() * scale,
                Math.min(LEFT + range.getMax() * scale, LEFT + WIDTH + 30.0),
                y + 10,
                y + 10,
                Math.max(end, Math.min(LEFT + range.getMax() * scale, LEFT + WIDTH)) + 6,
                y + 14,
                Report.number(median));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }
}
