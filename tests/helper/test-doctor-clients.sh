#!/bin/sh
# `doctor` on a client, as test-doctor.sh: the clients whose file names this program in one line, and
# kubectl.
# usage: test-doctor-clients.sh PREFIX ISSUER BUILD
# shellcheck disable=SC2016 # Rows are evaluated later.
set -u
build=$3
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/doctor.sh
. "$(dirname "$0")/doctor.sh"
key_file=$dir/key.json
worker=$(find "$prefix" -name thrivestack-worker)
# shellcheck source=tests/helper/doctor-client.sh
. "$(dirname "$0")/doctor-client.sh"

# set_up CLIENT HOST: with the configuration where `setup` writes its own.
set_up() {
    options=''
    install -D -m 600 "$dir/conf" "$home/.config/thrivestack/credential.conf"
    give "$user" "$home"
    as_owner thrivestack-credential setup --yes "$@" >"$dir/setup" 2>&1
}
# client_says FILE TEXT
client_says() {
    mkdir -p "$(dirname "$home/$1")"
    printf '%b' "$2" >"$home/$1"
    give "$user" "$home"
}
has_client() { awk -v text="$1 runs this program for $2" '$2 == "client" && index($0, text) { found = 1 } END { exit !found }' "$dir/out"; }
path_with_keyring=$(dirname "$worker"):$bin:/usr/bin:/bin
index='[registries.a]\nindex = "sparse+https://x.example.com/"\n'
for client in bazel cargo go npm pip terraform; do
    sound
    host '[host x.example.com]'
    path=$path_with_keyring
    client_says .cargo/config.toml "$index"
    set_up $client x.example.com
    examine
    check "$client as set up is clean" is_clean
    check "and is named" has_client $client x.example.com
done
broken 'a program that is gone' client-program 78 '
    host "[host x.example.com]"
    client_says .bazelrc "common --credential_helper=x.example.com=/gone/bazel-credential-thrivestack\n"' \
    'as_owner thrivestack-credential --config "$dir/conf" setup --yes bazel x.example.com >"$dir/fixed" 2>&1'
broken 'a provider that is not in PATH' client-program 78 '
    host "[host x.example.com]"
    client_says .cargo/config.toml "${index}credential-provider = \"cargo-credential-thrivestack\"\n"
    ln -s /bin/true "$home/cargo-credential-thrivestack"
    path=$home:$path' 'path=$bin:/usr/bin:/bin'
broken 'another keyring first in PATH' client-program 78 '
    host "[host x.example.com]"
    client_says .config/pip/pip.conf "[global]\nkeyring-provider = subprocess\n"
    ln -s /bin/true "$home/keyring"
    path=$home:$path_with_keyring' 'path=$path_with_keyring'
broken 'a script that was edited' client-program 78 '
    host "[host x.example.com]"
    set_up npm x.example.com
    echo exit 1 >>"$home/.config/thrivestack/npm/x.example.com"' '
    rm "$home/.config/thrivestack/npm/x.example.com"
    set_up npm x.example.com'
broken 'a line that is gone' 'client-unset host-not-wired' 78 '
    host "[host git.example.com]"
    set_up npm x.example.com
    rm "$home/.npmrc"' 'set_up npm x.example.com'
broken 'a file that others may write to' 'client-invalid host-not-wired' 78 '
    set_up npm x.example.com
    chmod 666 "$home/.npmrc"' 'chmod 600 "$home/.npmrc"'
if can_kubectl; then
    # kube SERVER COMMAND
    kube() {
        client_says .kube/config "apiVersion: v1\nkind: Config\nclusters: [{name: one, cluster: {server: $1}}]
contexts: [{name: ctx, context: {cluster: one, user: me}}]
users: [{name: me, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: $2}}}]\n"
    }
    sound
    host '[host k8s.example.com:6443]'
    kube https://k8s.example.com:6443 "$bin/thrivestack-credential"
    examine
    check "kubectl as set up is clean" is_clean
    check "and is named" has_client kubectl k8s.example.com:6443
    broken 'kubectl with a program that is gone' client-program 78 '
        host "[host k8s.example.com:6443]"
        kube https://k8s.example.com:6443 /gone/thrivestack-credential' \
        'kube https://k8s.example.com:6443 "$bin/thrivestack-credential"'
    broken 'kubectl with a file that is none' client-invalid 78 'client_says .kube/config "{ not"' 'rm -r "$home/.kube"'
    broken 'kubectl with another user since' 'client-unset host-not-wired' 78 '
        kube https://k8s.example.com:6443 x
        set_up kubectl k8s.example.com:6443
        kube https://k8s.example.com:6443 x' 'set_up kubectl k8s.example.com:6443'
else
    skip 'kubeconfig' "$kubectl_why"
fi

check "each code has a row" covered client-invalid client-unset
finish
