# Draws the results of tests/bench/run as bars, one panel for each group, each to its own scale.
# Input: GROUP <TAB> LABEL <TAB> FIGURE <TAB> ours, other or yardstick
BEGIN {
    FS = "\t"
    title["cached"] = "A credential that is there: milliseconds"
    title["fetched"] = "A new token over TLS, from a local issuer: milliseconds"
    title["authentication"] = "One PAM authentication: microseconds"
    title["nginx"] = "nginx, one worker: requests a second (more is better)"
    divisor["cached"] = divisor["fetched"] = 1000
    colour["ours"] = "#0b7a5c"
    colour["other"] = "#9aa4ae"
    colour["yardstick"] = "#d5dae0"
    width = 760; left = 270; room = 380; line = 24
}
{
    if (!($1 in count))
        groups[++group_count] = $1
    i = ++count[$1]
    label[$1, i] = $2
    figure[$1, i] = divisor[$1] ? $3 / divisor[$1] : $3
    kind[$1, i] = $4
    if (figure[$1, i] > most[$1])
        most[$1] = figure[$1, i]
}
function text(x, y, style, words) {
    gsub(/&/, "\\&amp;", words)
    gsub(/</, "\\&lt;", words)
    printf "<text x=\"%d\" y=\"%d\"%s>%s</text>\n", x, y, style, words
}
# Three digits that count; thousands are parted.
function number(n,    s, out) {
    if (n < 10)
        return sprintf("%.2f", n)
    if (n < 100)
        return sprintf("%.1f", n)
    s = sprintf("%d", n + 0.5)
    for (out = ""; length(s) > 3; s = substr(s, 1, length(s) - 3))
        out = "," substr(s, length(s) - 2) out
    return s out
}
function panel(group,    i, long) {
    y += 34
    text(16, y, " font-weight=\"bold\"", title[group])
    for (i = 1; i <= count[group]; i++) {
        y += line
        long = room * figure[group, i] / most[group]
        text(left - 10, y, " text-anchor=\"end\"", label[group, i])
        printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"16\" fill=\"%s\"/>\n",
            left, y - 13, long < 1.5 ? 1.5 : long, colour[kind[group, i]]
        text(left + long + 8, y, "", number(figure[group, i]))
    }
}
END {
    height = 40
    for (g = 1; g <= group_count; g++)
        height += 34 + line * count[groups[g]]
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#1f2933\">\n", width, height, width
    printf "<title>How fast: thrivestack-auth and others, measured by tests/bench/run</title>\n"
    printf "<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#ffffff\"/>\n", width, height
    for (g = 1; g <= group_count; g++)
        panel(groups[g])
    text(16, height - 14, " font-size=\"11\" fill=\"#616e7c\"", "Medians of one run of tests/bench/run, all in turn. " machine ".")
    print "</svg>"
}
