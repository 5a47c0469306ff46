# Draws what one authentication costs against the number of keys, both axes logarithmic.
# Input: SERIES <TAB> KEYS <TAB> MICROSECONDS, where SERIES is one (file), each (a file each) or sshd (what
# as many lines of authorized_keys add to a login)
BEGIN {
    FS = "\t"
    title["one"] = "all in one file"
    title["each"] = "a file each"
    title["sshd"] = "sshd, added"
    colour["sshd"] = "#616e7c"
    colour["one"] = "#0b7a5c"
    colour["each"] = "#b4540a"
    width = 760; height = 400; left = 80; right = 600; top = 60; bottom = 340
    x_decades = 4; y_first = 1; y_decades = 4 # 10 us to 100 ms
}
function log10(n) {
    return log(n) / log(10)
}
function x_of(keys) {
    return left + (right - left) * log10(keys) / x_decades
}
function y_of(us) {
    return bottom - (bottom - top) * (log10(us) - y_first) / y_decades
}
function text(x, y, style, words) {
    printf "<text x=\"%.1f\" y=\"%.1f\"%s>%s</text>\n", x, y, style, words
}
{
    n = ++count[$1]
    x[$1, n] = x_of($2)
    y[$1, n] = y_of($3)
    label[$1, n] = $3 < 1000 ? $3 " &#181;s" : sprintf("%.1f ms", $3 / 1000)
}
function draw(series,    i) {
    printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour[series]
    for (i = 1; i <= count[series]; i++)
        printf "%.1f,%.1f ", x[series, i], y[series, i]
    print "\"/>"
    for (i = 1; i <= count[series]; i++)
        printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x[series, i], y[series, i], colour[series]
    i = count[series]
    text(x[series, i] + 10, y[series, i] + 5, " fill=\"" colour[series] "\"", title[series] ": " label[series, i])
}
END {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#1f2933\">\n", width, height, width
    print "<title>What one authentication costs with 1 to 10,000 keys, measured by tests/bench/run</title>"
    printf "<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#ffffff\"/>\n", width, height
    text(16, 30, " font-weight=\"bold\"", "One PAM authentication, by how many keys the host trusts")
    split("10 &#181;s,100 &#181;s,1 ms,10 ms,100 ms", y_name, ",")
    for (d = 0; d <= y_decades; d++) {
        at = y_of(10 ^ (y_first + d))
        printf "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#d5dae0\"/>\n", left, at, right, at
        text(left - 8, at + 4, " text-anchor=\"end\"", y_name[d + 1])
    }
    for (d = 0; d <= x_decades; d++)
        text(x_of(10 ^ d), bottom + 20, " text-anchor=\"middle\"", d < 3 ? 10 ^ d : (10 ^ (d - 3)) ",000")
    text((left + right) / 2, bottom + 40, " text-anchor=\"middle\"", "keys in keys.d")
    draw("one")
    draw("each")
    if (count["sshd"] > 0)
        draw("sshd")
    text(16, height - 8, " font-size=\"11\" fill=\"#616e7c\"", "Minimums of one run of tests/bench/run, all in turn. " machine ".")
    print "</svg>"
}
