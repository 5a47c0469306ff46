# Turns text files into C: `const char NAME[] = "...";` for each, NAME being the file's with _ for
# anything that no C name has.
FNR == 1 {
    if (NR > 1)
        print ";"
    name = FILENAME
    sub(/.*\//, "", name)
    gsub(/[^A-Za-z0-9]/, "_", name)
    if (NR == 1)
        print "#include \"page-files.h\"\n"
    print "const char " name "[] ="
}
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    print "    \"" $0 "\\n\""
}
END { print ";" }
