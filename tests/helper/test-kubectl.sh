#!/bin/sh
# `kubectl`: the credential plug-in's protocol, and the real kubectl against a server that demands the
# token.
# usage: test-kubectl.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

v1=client.authentication.k8s.io/v1
v1beta1=client.authentication.k8s.io/v1beta1
printf '[host k8s.example.com:6443]\nusername = a\n[host 127.0.0.1:6443/team]\nscopes = user_management other\n' | conf

# asked INFO: kubectl's question, which has no blanks.
asked() { KUBERNETES_EXEC_INFO=$1 run plugin; }
plugin() { clean env ${KUBERNETES_EXEC_INFO+"KUBERNETES_EXEC_INFO=$KUBERNETES_EXEC_INFO"} thrivestack-credential --config "$dir/conf" kubectl; }
info() { printf '{"apiVersion":"%s","kind":"ExecCredential","spec":{"interactive":false%s}}' "$1" "${2-}"; }
cluster() { printf ',"cluster":{"server":"%s","config":null}' "$1"; }
is() { jq -e "$1" "$dir/out" >/dev/null; }

run plugin
check "without a question: v1" is ".apiVersion == \"$v1\" and .kind == \"ExecCredential\""
check "one line" one_line "$dir/out"
check "and nothing on standard error" [ ! -s "$dir/err" ]
token=$(helper token)
check "the cached token of the default profile" is ".status.token == \"$token\""
check "which ends in whole seconds, before the token does" between \
    $(($(date +%s) + 3500)) "$(jq '.status.expirationTimestamp | fromdate' "$dir/out")" $(($(date +%s) + 3571))
for version in $v1 $v1beta1; do
    asked "$(info "$version")"
    check "the version that is asked for, ${version##*/}" is ".apiVersion == \"$version\" and .status.token == \"$token\""
done
asked "$(info $v1 "$(cluster https://k8s.example.com:6443)")"
check "a server with a section" is ".status.token == \"$token\""
asked "$(info $v1 "$(cluster https://K8S.example.com:6443/)")"
check "in any spelling" is ".status.token == \"$token\""
for version in client.authentication.k8s.io/v1alpha1 client.authentication.k8s.io/v2 v1 ''; do
    asked "$(info "$version")"
    refused_saying "version '$version'" 64 "apiVersion is '$version'"
done
for server in https://other.example.com https://k8s.example.com https://127.0.0.1:6443 \
    http://k8s.example.com:6443; do
    asked "$(info $v1 "$(cluster "$server")")"
    refused_saying "no section for $server" 66 'no [host] section'
done
for server in '' k8s.example.com:6443 https:// https://user@k8s.example.com:6443 \
    ftp://k8s.example.com:6443 https://k8s.example.com:6443.example.org; do
    asked "$(info $v1 "$(cluster "$server")")"
    refused "not a server: '$server'" 64
done
for text in '{' '[]' '{}' '{"apiVersion":1}' "{\"apiVersion\":\"$v1\",\"apiVersion\":\"$v1\"}" \
    "$(info $v1 ',"cluster":{}')"; do
    asked "$text"
    refused "not a question: $text" 64
done
run helper kubectl get
refused "an argument" 64
conf /fault/e503 <"/dev/null"
forget_cache
run plugin
refused "no token can be had" 69

# --- the real one
nginx_command=$(command -v nginx || command -v /usr/sbin/nginx)
if ! command -v kubectl >/dev/null; then
    skip "the real kubectl" "kubernetes-client is not installed"
elif [ -z "$nginx_command" ]; then
    skip "the real kubectl" "nginx is not installed"
else
    : | conf
    forget_cache
    token=$(helper token)
    printf '\n[host 127.0.0.1:16443]\n' >>"$dir/conf"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$dir/tls.key" -out "$dir/tls.pem" 2>"$dir/openssl.log"
    cat >"$dir/nginx.conf" <<END
pid $dir/nginx.pid;
daemon off;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $dir/n1; proxy_temp_path $dir/n2; fastcgi_temp_path $dir/n3;
    uwsgi_temp_path $dir/n4; scgi_temp_path $dir/n5;
    map_hash_bucket_size 2048;
    map \$http_authorization \$known { default 0; "Bearer $token" 1; }
    server {
        listen 127.0.0.1:16443 ssl;
        ssl_certificate $dir/tls.pem;
        ssl_certificate_key $dir/tls.key;
        default_type application/json;
        location / {
            if (\$known = 0) { return 401; }
            return 200 '{"pods": "here"}';
        }
    }
}
END
    "$nginx_command" -e stderr -c "$dir/nginx.conf" -p "$dir" >"$dir/nginx.log" 2>&1 &
    nginx=$!
    trap 'kill "$nginx" 2>/dev/null; stop_issuers; rm -rf "$dir"' EXIT
    await [ -s "$dir/nginx.pid" ]
    # kubeconfig VERSION ARGUMENT
    kubeconfig() {
        cat >"$dir/kubeconfig" <<END
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: me}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:16443", certificate-authority: "$dir/tls.pem"}}]
users:
- name: me
  user:
    exec:
      apiVersion: client.authentication.k8s.io/$1
      command: $bin/thrivestack-credential
      args: [--config, "$2", kubectl]
      interactiveMode: Never
      provideClusterInfo: true
END
    }
    real() { clean kubectl --kubeconfig "$dir/kubeconfig" get --raw /pods; }
    versions=v1beta1
    # v1 is of kubectl 1.22.
    minor=$(clean kubectl version --client -o json | jq -r '.clientVersion.minor | gsub("[^0-9]"; "")')
    [ "$minor" -lt 22 ] || versions='v1beta1 v1'
    for version in $versions; do
        kubeconfig "$version" "$dir/conf"
        run real
        check "kubectl gets in, $version" out_has '"pods": "here"'
    done
    sed '/16443/d' "$dir/conf" >"$dir/without"
    chmod 600 "$dir/without"
    kubeconfig v1beta1 "$dir/without"
    run real
    check "kubectl does not, where no section serves the cluster" [ "$status" != 0 ]
    check "and shows why" err_has 'no [host] section of credential.conf serves 127.0.0.1:16443'
fi
finish
