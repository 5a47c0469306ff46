#!/bin/sh
# `setup git`: git's own file changed and put back, to the byte.
# usage: test-setup-git.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/setup.sh
. "$(dirname "$0")/setup.sh"

fresh_home
remember
run setup --yes git git.example.com
check "git: succeeds where there was nothing" [ "$status" = 0 ]
check "git: it shows the change, and says that it was made" \
    [ "$(grep -v '^ ' "$dir/err" | head -n 2 | tr '\n' ' ')" = 'Changes: Done. ' ]
check "git: and what to try" err_has 'Try it: git ls-remote https://git.example.com/'
check "git: an empty value, then ours by its path" values_are "$git_key" "\n$bin/git-credential-thrivestack"
check "git: the section" grep -qx '\[host git.example.com\]' "$host_conf"
check "git: with the user's name, which get need not look up" \
    grep -qx "username = $(id -un)" "$host_conf"
check "git: its file is private" mode_is "$host_conf" 600
check "git: its folder, too" mode_is "$hosts" 700
cp "$gitconfig" "$dir/gitconfig"
cp "$host_conf" "$dir/conf.one"
run setup --yes git git.example.com
check "git: twice is once" cmp "$gitconfig" "$dir/gitconfig"
check "git: in the host's file, too" cmp "$host_conf" "$dir/conf.one"
check "git: and says so" out_has 'needs no change'
run setup --yes git https://alice@GIT.example.com/team/repo.git?x
check "git: a URL is taken for its host" out_has 'needs no change'
run setup --yes --remove git git.example.com
check "git: undone" [ "$status" = 0 ]
check "git: and that is told" \
    [ "$(sed -n '1p;$p' "$dir/err" | tr '\n' ' ')" = 'Changes that undo it: Done. ' ]
check "git: a file that was made is gone" [ ! -e "$gitconfig" ]
check "git: the host's file, and its folder" [ ! -e "$hosts" ]
check "git: no backups" no_leftovers
run setup --yes --remove git git.example.com
check "git: undone twice is no failure" [ "$status" = 0 ]

fresh_home
mkdir -p "$conf_dir"
chmod 700 "$conf_dir"
cat >"$gitconfig" <<'END2'
# mine
[user]
	name = Ann
[credential]
	helper = store
[credential "https://git.example.com"]
	username = ann
[alias]
	st = status ; short
END2
chmod 640 "$gitconfig"
printf '# my own\n[profile default]\nscopes = a\n\n; odd layout\n[host other.example.com]\nusername=x' >"$conf"
chmod 600 "$conf"
remember
run setup --yes git git.example.com
check "git: beside other settings" [ "$status" = 0 ]
check "git: credential-store is pointed out" out_has 'credential.helper = store'
check "git: the file's mode stays" mode_is "$gitconfig" 640
check "git: a backup as it was" cmp "$gitconfig.thrivestack-backup" "$dir/before/.gitconfig"
check "git: the name that git asks for goes into the section" grep -qx 'username = ann' "$host_conf"
check "git: credential.conf is not touched" cmp "$conf" "$dir/before/.config/thrivestack/credential.conf"
printf 'protocol=https\nhost=git.example.com\nusername=alice\npassword=secret-word\n\n' |
    clean git credential approve 2>/dev/null
check "git: credential-store gets nothing of this host" \
    [ "$(grep -cs secret-word "$home/.git-credentials")" = '' ]
rm -f "$home/.git-credentials"
run setup --yes git other.example.com
check "git: a second host, which has its section" [ ! -e "$hosts/other.example.com.conf" ]
check "git: the backup is not overwritten" cmp "$gitconfig.thrivestack-backup" "$dir/before/.gitconfig"
run setup --yes --remove git git.example.com
check "git: the second host stays" values_are credential.https://other.example.com.helper \
    "\n$bin/git-credential-thrivestack"
run setup --yes --remove git other.example.com
check "git: all files are as they were, no backup left" restored

run setup --yes git git.example.com/team
check "git: a path" values_are credential.https://git.example.com/team.helper \
    "\n$bin/git-credential-thrivestack"
check "git: and git is told to send paths" \
    values_are credential.https://git.example.com/team.useHttpPath true
check "git: the section has the path" \
    grep -qx '\[host git.example.com/team\]' "$hosts/git.example.com_2fteam.conf"
run setup --yes --remove git git.example.com/team
check "git: the path is undone" restored

# What the user had there before stays: an empty value, another helper.
printf '[credential "https://git.example.com"]\n\thelper = mine\n\thelper = \n' >"$gitconfig"
remember
run setup --yes git git.example.com
check "git: an empty value that is there gets company" \
    values_are "$git_key" "mine\n\n\n$bin/git-credential-thrivestack"
run setup --yes --remove git git.example.com
check "git: and stays" restored

ln -s "$home/.gitconfig.real" "$dir/link"
mv "$gitconfig" "$home/.gitconfig.real"
mv "$dir/link" "$gitconfig"
run setup --yes git git.example.com
check "git: a symbolic link stays one" [ -L "$gitconfig" ]
run setup --yes --remove git git.example.com
check "git: after removal, too" [ -L "$gitconfig" ]

# A file that was edited since then stays.
run setup --yes git new.example.com
sed -i 's/^\[host new.example.com\]$/&\naskpass = yes/' "$hosts/new.example.com.conf"
run setup --yes docker new.example.com
check "git: a host's file that was edited serves another client" [ "$status" = 0 ]
run setup --yes --remove git new.example.com
check "git: and stays" grep -qx 'askpass = yes' "$hosts/new.example.com.conf"
check "git: which is said" out_has 'new.example.com.conf stays, because it was edited'
run clean thrivestack-credential status
check "git: and is sound" [ "$status" = 0 ]

# What was written into our block since then stays, under its header.
fresh_home
run setup --yes git git.example.com
clean git config --global credential.https://git.example.com.username zoe
clean git config --global alias.st status
run setup --yes --remove git git.example.com
printf '[credential "https://git.example.com"]\n\tusername = zoe\n[alias]\n\tst = status\n' >"$dir/expected"
check "git: settings that were added since stay" cmp "$gitconfig" "$dir/expected"
check "git: and no backup" no_leftovers

# Lists as gh writes them, and others.
for list in ' :gh' 'gh: ' ' : ' 'a: :b: ' ' :a: :b'; do
    fresh_home
    mkdir -p "$conf_dir"
    printf '%s' "$list" | tr : '\n' >"$dir/list"
    while IFS= read -r value || [ -n "$value" ]; do
        clean git config --global --add "$git_key" "${value# }"
    done <"$dir/list"
    remember
    run setup --yes git git.example.com
    check "git: ours is the last of '$list'" [ "$(clean git config "$git_key")" = "$bin/git-credential-thrivestack" ]
    run setup --yes --remove git git.example.com
    check "git: '$list' is put back exactly" restored
done

# Text that a block behind it must not change.
number=0
for text in '[alias]\n\tx = a \134\n' '[alias]\n\tx = a \134' '[alias]\r\n\tx = a\r\n' '[alias]\n\tx = a' '\n' '# a'; do
    number=$((number + 1))
    fresh_home
    mkdir -p "$conf_dir"
    # shellcheck disable=SC2059 # The escapes in it are wanted.
    printf "$text" >"$gitconfig"
    clean git config --global --get-all alias.x >"$dir/alias"
    remember
    run setup --yes git git.example.com
    check "git: text $number: ours is behind it" [ "$(clean git config "$git_key")" = "$bin/git-credential-thrivestack" ]
    check "git: text $number means the same" [ "$(clean git config --global --get-all alias.x)" = "$(cat "$dir/alias")" ]
    run setup --yes --remove git git.example.com
    check "git: text $number is put back" restored
done

# Whatever makes git forget this program, or ask another one: setup and doctor agree.
fresh_home
run setup --yes git git.example.com
clean git config --global credential.helper ''
run setup --yes git git.example.com
check "git: an empty value set since: our block moves behind it" [ "$status" = 0 ]
check "git: and counts again" [ "$(clean git config "$git_key")" = "$bin/git-credential-thrivestack" ]
check "git: there is one block" [ "$(grep -c '^# thrivestack-credential' "$gitconfig")" = 1 ]
run setup --yes git git.example.com
check "git: which needs no more" out_has 'needs no change'
extra="GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.helper GIT_CONFIG_VALUE_0="
run setup --yes git git.example.com
check "git: an empty value that setup cannot get behind is named" \
    out_has "an empty 'credential.helper' (command line:) makes git forget this program"
extra="GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.helper GIT_CONFIG_VALUE_0=store"
run setup --yes git git.example.com
check "git: so is another helper" out_has 'git also runs credential.helper = store (command line:)'
extra=

# Where git's own file is.
fresh_home
extra=GIT_CONFIG_GLOBAL=other
run setup --yes git git.example.com
refused_saying "git: a relative GIT_CONFIG_GLOBAL" 78 'set an absolute path'
extra="GIT_CONFIG_GLOBAL=$home/other"
run setup --yes git git.example.com
check "git: an absolute GIT_CONFIG_GLOBAL" grep -q 'helper = /' "$home/other"
extra=

# Drafts that a crash left, ours and git's.
fresh_home
mkdir -p "$hosts"
chmod 700 "$conf_dir" "$hosts"
echo left >"$host_conf.thrivestack-new"
run setup --yes git git.example.com
check "a draft left by a crash is replaced" [ "$status" = 0 ]
check "and is gone" no_leftovers_but_backup
run setup --yes --remove git git.example.com
: >"$gitconfig.lock"
run setup --yes git git.example.com
check "git: its lock is respected" err_has '.gitconfig.lock exists'
rm "$gitconfig.lock"

fresh_home
: >"$dir/my conf"
run clean setsid -w thrivestack-credential --config "$dir/my conf" setup --yes git git.example.com
refused_saying "git: --config without the section" 78 "add to $dir/my conf first: [host git.example.com]"
run clean setsid -w thrivestack-credential --config "$dir/my conf" setup --yes ssh git.example.com
refused_saying "ssh: --config without the setting" 78 'with askpass = yes'
echo '[host git.example.com]' >"$dir/my conf"
run clean setsid -w thrivestack-credential --config "$dir/my conf" setup --yes git git.example.com
check "git: --config is passed on" \
    values_are "$git_key" "\n$bin/git-credential-thrivestack --config '$dir/my conf'"
run clean setsid -w thrivestack-credential --config "$dir/my conf" setup --yes --remove git git.example.com
check "git: undone" [ ! -e "$gitconfig" ]
run setup --yes --profile work git git.example.com
refused "git: a profile that there is not" 78
mkdir -p "$conf_dir"
printf '[profile work]\nscopes = a\n' >"$conf"
remember
run setup --yes --profile work git git.example.com
check "git: --profile goes into the section" grep -qx 'profile = work' "$host_conf"
run clean thrivestack-credential status
check "git: which is sound" [ "$status" = 0 ]
run setup --yes --remove git git.example.com
check "git: --profile undone" restored

# git's own file cannot be written, credential.conf.d can.
fresh_home
mkdir -p "$conf_dir"
ln -s "$home/.gitconfig.real" "$gitconfig"
mkdir "$home/.gitconfig.real.lock"
: >"$home/.gitconfig.real"
remember
run setup --yes git git.example.com
check "git: a change half made fails" [ "$status" = 78 ]
check "git: and says that nothing is left of it" err_has 'nothing was changed'
check "git: which is so" restored
finish
