#!/bin/sh
# `setup` for the clients whose file names this program in one line, and for kubectl: wired up beside
# other settings, and undone again, to the byte; and what the line says.
# usage: test-setup-clients.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/setup.sh
. "$(dirname "$0")/setup.sh"

host=x.example.com
libexec=$(dirname "$(find "$prefix" -name thrivestack-worker)")
npm_script=$conf_dir/npm/$host
plugin=$home/.terraform.d/plugins/terraform-credentials-thrivestack

# written FILE TEXT: a file of the home folder, with whatever it takes.
written() {
    mkdir -p "$(dirname "$home/$1")"
    printf '%b' "$2" >"$home/$1"
}
has_line() { grep -qxF -- "$2" "$home/$1"; }
# Folders that were made for a file stay.
restored_but_folders() {
    find "$home" -mindepth 1 -type d -empty -delete
    restored
}
section() { grep -qx "\\[host $host\\]" "$hosts/$host.conf"; }

# wires CLIENT FILE BEFORE LINE...: the file gets those lines; a second time nothing; and --remove puts
# everything back.
wires() {
    client=$1
    file=$2
    fresh_home
    [ "$3" = none ] || written "$file" "$3"
    shift 3
    remember
    run setup --dry-run "$client" $host
    check "$client, $file: --dry-run succeeds" [ "$status" = 0 ]
    check "$client: --dry-run changes nothing" restored
    run setup "$client" $host
    check "$client: it is refused without --yes" [ "$status" = 64 ]
    check "$client: which changes nothing" restored
    run setup --yes "$client" $host
    check "$client: succeeds" [ "$status" = 0 ]
    for line in "$@"; do
        check "$client: $file has: $line" has_line "$file" "$line"
        check "$client: and the plan" err_has "add    $line"
    done
    check "$client: the section" section
    cp -a "$home" "$dir/once"
    run setup --yes "$client" $host
    check "$client: twice is once" diff -r "$dir/once" "$home"
    check "$client: and says so" out_has "$client needs no change for $host"
    rm -rf "$dir/once"
    run setup --yes --remove "$client" $host
    check "$client: --remove succeeds" [ "$status" = 0 ]
    check "$client: and puts everything back" restored_but_folders
    check "$client: nothing is left" no_leftovers
}
bazel_line="common --credential_helper=$host=$bin/bazel-credential-thrivestack"
provider="credential-provider = \"$bin/cargo-credential-thrivestack\""
go="GOAUTH=$bin/thrivestack-credential goauth"
npm_line="//$host/:tokenHelper=$npm_script"
for before in none 'build --x' "common --credential_helper=$host=/other\nbuild --x\n"; do
    wires bazel .bazelrc "$before" "$bazel_line"
done
wires cargo .cargo/config.toml "[registries.a]\nindex = \"sparse+https://$host/a/\"\n\n[net]\nretry = 3" "$provider"
wires cargo .cargo/config.toml "[registries.a]\ntoken = \"secret\"\nindex = 'https://$host'\r\n[registries.b]\nindex = \"sparse+https://$host:444\"\n" \
    "$provider"
check "cargo: a secret beside it is not shown" [ "$(cat "$dir/out" "$dir/err" | grep -c secret)" = 0 ]
wires go .config/go/env none "$go; netrc"
wires go .config/go/env 'GOPROXY=direct\nGOAUTH=git dir;netrc\n# own\nGOFLAGS=-x' "$go;git dir;netrc"
wires go .config/go/env 'GOAUTH=netrc\n' "$go;netrc"
for before in none "@a:registry=https://$host/\n//$host/:_authToken=secret" "//$host/:tokenHelper=/other\n"; do
    wires npm .npmrc "$before" "$npm_line"
done
wires pip .config/pip/pip.conf none '[global]' 'keyring-provider = subprocess'
wires pip .config/pip/pip.conf '[install]\nkeyring-provider = import\n[global]\ntimeout = 3\n' 'keyring-provider = subprocess'
for before in none 'plugin_cache_dir = "/x"\ncredentials "other" {\n  token = "secret"\n}\n'; do
    wires terraform .terraformrc "$before" 'credentials_helper "thrivestack" {}'
done

# --- what the line starts
fresh_home
run setup --yes npm $host
check "npm: the script is private" mode_is "$npm_script" 700
check "npm: and prints the header of the host" sh -c "grep -q 'npm --host $host' '$npm_script'"
run setup --yes npm "$host:8443/team"
check "npm: a port and a path" has_line .npmrc "//$host:8443/team/:tokenHelper=$conf_dir/npm/x.example.com_3a8443_2fteam"
run setup --yes terraform $host
check "terraform: the program in its folder" [ -x "$plugin" ]
run clean "$plugin" forget other.example.com
check "terraform: which answers" silent
run setup --yes pip $host
check "pip: that it needs PATH is said" out_has "put $libexec first"
written .cargo/config.toml "[registries.a]\nindex = \"sparse+https://$host/\"\n"
extra="CARGO_HOME=$home/other"
written other/config.toml "[registries.a]\nindex = \"sparse+https://$host/\"\n"
run setup --yes cargo $host
check "cargo: CARGO_HOME" has_line other/config.toml "$provider"
check "cargo: and no other file" [ "$(wc -l <"$home/.cargo/config.toml")" = 2 ]
for variable in GOENV:go NPM_CONFIG_USERCONFIG:npm PIP_CONFIG_FILE:pip TF_CLI_CONFIG_FILE:terraform; do
    fresh_home
    extra="${variable%:*}=$home/elsewhere"
    run setup --yes "${variable#*:}" $host
    check "${variable#*:}: ${variable%:*}" [ -s "$home/elsewhere" ]
    extra="${variable%:*}=off"
    run setup --yes "${variable#*:}" $host
    refused_saying "${variable#*:}: ${variable%:*}=off" 78 'set an absolute path'
done
extra=

# --- a program that has moved is named anew; what is for all hosts stays as long as one needs it
fresh_home
written .bazelrc "common --credential_helper=$host=/old/bazel-credential-thrivestack\n"
run setup --yes bazel $host
check "bazel: the line is replaced" [ "$(cat "$home/.bazelrc")" = "$bazel_line" ]
written .config/go/env 'GOAUTH=/old/thrivestack-credential goauth;git dir\n'
run setup --yes go $host
check "go: the line is replaced" [ "$(cat "$home/.config/go/env")" = "$go;git dir" ]
for client in go pip terraform; do
    fresh_home
    remember
    run setup --yes $client $host
    run setup --yes $client y.example.com
    run setup --yes --remove $client $host
    check "$client: the other host needs it: it stays" out_has "the setting for $client stays"
    check "$client: and the section goes" [ ! -e "$hosts/$host.conf" ]
    run setup --yes --remove $client y.example.com
    check "$client: with the last host it goes" restored_but_folders
done

# --- what cannot be done
refused_setup() {
    remember
    run setup --yes "$2" "${4-$host}"
    refused_saying "$1" 78 "$3"
    check "$1: nothing changed" restored
}
fresh_home
refused_setup "cargo: no registry there" cargo 'no [registries.NAME] with an index'
written .cargo/config.toml "[registries]\na = { index = \"sparse+https://$host/\" }\n"
refused_setup "cargo: a table in one line" cargo 'in a line of its own'
written .cargo/config.toml "[registries.a]\nindex = \"sparse+https://$host.example.org/\"\n[registries.b]\nindex = \"sparse+http://$host/\"\n"
refused_setup "cargo: a look-alike, and http" cargo 'no [registries.NAME] with an index'
written .cargo/config.toml "[registries.a]\nindex = \"sparse+https://$host/\"\ncredential-provider = \"cargo:token\"\n"
refused_setup "cargo: another provider" cargo 'names "cargo:token" already: remove that line first'
written .config/go/env 'GOAUTH=off\n'
refused_setup "go: GOAUTH=off" go "says 'off'"
written .config/pip/pip.conf '[global]\nkeyring-provider = import\n'
refused_setup "pip: another provider" pip 'names import already'
written .terraformrc 'credentials_helper "other" {\n}\n'
refused_setup "terraform: another helper" terraform 'names other already'
mkdir -p "$(dirname "$plugin")" "$conf_dir/npm"
echo '#!/bin/sh' >"$plugin"
echo '#!/bin/sh' >"$npm_script"
refused_setup "terraform: another program" terraform 'is not what setup writes'
refused_setup "npm: another script" npm 'is not what setup writes'
printf 'a\0b\n' >"$home/.bazelrc"
refused_setup "bazel: not text" bazel 'is not text'
rm "$plugin"
ln -s "$bin/thrivestack-credential" "$plugin"
written .terraformrc ''
run setup --yes terraform $host
check "terraform: a link to this program is right as it is" [ -L "$plugin" ]
run setup --yes --remove terraform $host
check "terraform: and stays" [ -L "$plugin" ]
fresh_home
echo "[host $host]" | conf
run setup --yes bazel $host --config "$dir/conf"
check "--config: its variable is named" out_has "export THRIVESTACK_CONFIG=$dir/conf"

# --- kubectl
can_kubectl || skip_rest 'setup kubectl' "$kubectl_why"
kubectl() { clean kubectl config "$@" >/dev/null 2>"$dir/kubectl" || sed 's/^/  kubectl: /' "$dir/kubectl"; }
user_of() { [ "$(clean kubectl config view -o jsonpath="{.contexts[?(@.name=='$1')].context.user}")" = "$2" ]; }
fresh_home
refused_setup "kubectl: no cluster there" kubectl 'no context for a cluster at'
kubectl set-cluster a.b --server=https://$host
kubectl set-cluster c --server=https://$host:444
kubectl set-context one.a --cluster=a.b --user=before
kubectl set-context two --cluster=a.b
kubectl set-context other --cluster=c --user=before
kubectl set-credentials before --token=secret
{ echo '# own' && cat "$home/.kube/config"; } >"$dir/kube"
cat "$dir/kube" >"$home/.kube/config"
rm -rf "$home/.kube/cache"
remember
# A kubectl that ends its caller, the parent of the process that watches it, in the middle.
mkdir "$dir/killing"
printf '#!/bin/sh\nfor copy; do :; done\n: >"$copy.lock"\nread -r _ _ _ caller _ </proc/$PPID/stat\nkill -KILL "$caller"\n' >"$dir/killing/kubectl"
chmod 755 "$dir/killing/kubectl"
extra="PATH=$dir/killing:$bin:/usr/bin:/bin"
run setup --yes kubectl $host
extra=
check "kubectl: what is killed leaves its copy" grep -q secret "$dir"/cache/kubeconfig-*/config
run setup --dry-run kubectl $host
check "kubectl: --dry-run" restored
check "kubectl: the next one removes it" [ -z "$(ls "$dir/cache")" ]
run setup --yes kubectl $host
check "kubectl: succeeds" [ "$status" = 0 ]
for context in one.a two; do check "kubectl: context $context" user_of $context thrivestack; done
check "kubectl: a cluster at another port" user_of other before
check "kubectl: that the file is written anew is said" err_has 'kubectl writes the file anew'
check "kubectl: a secret is not shown" [ "$(cat "$dir/out" "$dir/err" | grep -c secret)" = 0 ]
check "kubectl: no copy is left" [ -z "$(ls "$dir/cache")" ]
clean kubectl config view -o json >"$dir/out"
exec_is() { jq -e ".users[] | select(.name == \"thrivestack\").user.exec | $1" "$dir/out" >/dev/null; }
check "kubectl: the plug-in" exec_is ".command == \"$bin/thrivestack-credential\" and .args == [\"kubectl\"]
    and .provideClusterInfo and (.interactiveMode == \"Never\" or (.apiVersion | test(\"v1beta1\")))"
run setup --yes kubectl $host
check "kubectl: twice is once" out_has "kubectl needs no change"
run setup --yes kubectl $host:444
check "kubectl: the other host" user_of other thrivestack
run setup --yes --remove kubectl $host
check "kubectl: --remove" user_of one.a before
check "kubectl: leaves the other host's" user_of other thrivestack
run setup --yes --remove kubectl $host:444
rm -rf "$home/.kube/cache"
check "kubectl: all is as it was, comments included" restored_but_folders
run setup --yes kubectl $host/path
refused "kubectl: a path" 64
extra="KUBECONFIG=$home/.kube/config:$home/other"
refused_setup "kubectl: several files" kubectl 'one file'
extra=
kubectl set-credentials thrivestack --token=secret
kubectl set-context one.a --user=thrivestack
cp "$home/.kube/config" "$dir/own"
refused_setup "kubectl: a user of that name that is somebody's own" kubectl "has a user thrivestack that 'setup kubectl' did not make"
check "kubectl: that user is kept" cmp -s "$home/.kube/config" "$dir/own"
run setup --yes --remove kubectl $host
check "kubectl: by --remove, too" cmp -s "$home/.kube/config" "$dir/own"
written .kube/config '{ not YAML'
refused_setup "kubectl: not a kubeconfig" kubectl "'kubectl config view' fails"
finish
