# The layout rules of CONTRIBUTING.md. Arguments: C files as clang-format leaves them (a function's
# name and its closing brace stand in the first column), then scripts and meson files, which have
# only their length checked. Prints what breaks a rule; the exit status is 1 where anything does.
BEGIN {
    file_max = 500
    function_max = 100
    function_usual = 60
    usual_share = 0.95
    banned = "(^|[^a-zA-Z0-9_])(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtok|sscanf)[ \t]*\\("
}

function complain(text) {
    print FILENAME ":" text
    bad = 1
}

function is_c() {
    return FILENAME ~ /\.[ch]$/
}

FNR == 1 { name = ""; name_line = 0; in_body = 0 }
FNR == file_max + 1 { complain(" more than " file_max " lines") }

!is_c() { next }

# Comments may name them; a line of one begins with a star or with the comment.
$0 ~ banned && $0 !~ /^[ \t]*(\/?\*|\/\/)/ { complain(FNR ": a banned call: " $0) }

/^[a-z_0-9]+\(/ && !in_body { name = $0; sub(/\(.*/, "", name); name_line = FNR }
/^\{$/ && name_line { in_body = 1 }
/^\}/ && in_body {
    len = FNR - name_line + 1
    functions++
    if (len >= function_usual) {
        long++
        named = named "\n  " FILENAME ":" name_line ": " name ", " len " lines"
    }
    if (len > function_max)
        complain(name_line ": " name " has " len " lines, more than " function_max)
    in_body = name_line = 0
}

END {
    if (functions == 0) {
        print "no function was found"
        exit 1
    }
    if (functions - long < usual_share * functions) {
        print long " of " functions " functions have " function_usual " lines or more:" named
        bad = 1
    }
    exit bad
}
