# What the completions say about the clients, read from the table in helper/clients.c.
# Usage: awk -v form=FORM -f clients.awk clients.c, where FORM is one of
#   aliases links setups hosts names, for lists of names, or bash zsh fish, for a shell's own lines.
BEGIN { FS = "\"" }

/^ *\.command\.name = / { name = $2; names = names " " name; help = arguments = setup = "" }
/^ *\.command\.alias = / { aliases = aliases " " $2 }
/^ *\.command\.arguments = / { arguments = $2 }
/^ *\.command\.help = / { help = $2 }
/^ *\.setup = / { setup = $2; setups = setups " " setup }
/^ *\.link = / { links = links " " $2 }
/^ *\.has_host = true/ { hosts = hosts " " setup }

# The end of a row.
/^    },$/ {
    words = arguments ~ /\|/ ? arguments : ""
    sub(/ .*/, "", words)
    gsub(/\|/, " ", words)
    if (form == "zsh")
        print "        \"" name ":" help "\""
    if (form == "fish")
        print "complete -c thrivestack-credential -n \"$at\" -a " name " -d \"" help "\""
    if (words != "" && form == "bash")
        list = list " '" name " " words "'"
    if (words != "" && form == "zsh-operations")
        print "        " name ") _arguments $common '1:operation:(" words ")' ;;"
    if (words != "" && form == "fish-operations")
        print "complete -c thrivestack-credential -n \"$at " name "\" -a '" words "'"
}

END {
    if (form == "names")
        list = names
    if (form == "aliases")
        list = aliases
    if (form == "links")
        list = links
    if (form == "setups")
        list = setups
    if (form == "hosts")
        list = hosts
    if (list != "")
        print substr(list, 2)
}
