#!/bin/sh
# The pair at work: images in a docker-registry behind nginx with auth_pam; skopeo and docker get
# their tokens through credHelpers. usage: test-registry.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"

registry=localhost:8443

set_up_policy() {
    start_issuer
    api_key laptop
    {
        printf '[service registry]\nscopes = user_management\n\n'
        key_section laptop alice
    } >"$CONF/policy.conf"
    printf 'auth required @MODULE@\naccount required pam_permit.so\n' | stack registry
}

proxy() {
    cat <<END
server {
    listen 127.0.0.1:$1 ssl;
    location /v2/ {
        @AUTH_PAM registry@
        proxy_pass http://127.0.0.1:5000;
        proxy_set_header Host \$http_host;
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header Authorization "";
        # docker before 23 takes a registry's word for its version from a 401, too.
        proxy_hide_header Docker-Distribution-Api-Version;
        add_header Docker-Distribution-Api-Version registry/2.0 always;
    }
}
END
}

set_up_server() {
    cat >"$W/registry.yml" <<END
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $W/registry}}
http: {addr: "127.0.0.1:5000", secret: for-this-test-alone}
END
    docker-registry serve "$W/registry.yml" >"$W/registry.log" 2>&1 &
    { proxy 8443 && proxy 8444; } | start_nginx
    for port in 5000 8443 8444; do
        await 10 port_is_open "$port" || die "nobody listens at port $port"
    done
}

# carol's laptop; she is alice on the registry.
set_up_laptop() {
    install_key carol laptop \
        "[host $registry]" 'username = alice' \
        '[host localhost:8444]' 'username = alice' 'scopes = telemetry_apis'
    mkdir -p "$W/home/carol/.docker" "$W/home/carol/run" "$W/certs"
    cp "$W/ca.pem" "$W/certs/ca.crt"
    cat >"$W/home/carol/.docker/config.json" <<END
{"credHelpers": {"$registry": "thrivestack", "localhost:8444": "thrivestack"}}
END
    echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$W/containers-policy.json"
    chown -R carol:carol "$W/home/carol"
    set_up_image
}

set_up_image() {
    echo 'carried in an image' >"$W/message"
    umoci init --layout "$W/image" && umoci new --image "$W/image:latest" &&
        umoci insert --image "$W/image:latest" "$W/message" /message ||
        die 'no image'
    chmod -R a+rX "$W/image"
}

carol_skopeo() {
    as carol env XDG_RUNTIME_DIR="$W/home/carol/run" skopeo --policy "$W/containers-policy.json" \
        --tmpdir "$W/home/carol/run" "$@"
}

# push REGISTRY [OPTION...]
push() {
    to=$1
    shift
    carol_skopeo copy -q --dest-cert-dir "$W/certs" "$@" "oci:$W/image:latest" "docker://$to/team/app:1"
}

push_and_pull() {
    push "$registry" || fail 'push'
    carol_skopeo copy -q --src-cert-dir "$W/certs" "docker://$registry/team/app:1" "oci:$W/home/carol/pulled:latest" ||
        fail 'pull'
    pushed=$(jq -r '.manifests[0].digest' "$W/image/index.json")
    [ "$(jq -r '.manifests[0].digest' "$W/home/carol/pulled/index.json")" = "$pushed" ] || fail 'another image came back'
    logged 'reason=ok user=alice service=registry '
    [ "$(requests)" = 1 ] || fail "$(requests) requests at the endpoint for all of that"
}

# docker before 23 knows no other manifests than its own.
docker_manifest() {
    push "$registry" --format v2s2 || fail 'push'
    as carol env SSL_CERT_FILE="$W/ca.pem" docker manifest inspect "$registry/team/app:1" >"$W/manifest" || fail 'docker'
    [ "$(jq -r '.layers[0].digest' "$W/manifest")" != null ] || fail "printed: $(cat "$W/manifest")"
    logged 'reason=ok user=alice service=registry '
}

list_tags() {
    carol_skopeo list-tags --cert-dir "$W/certs" "docker://$registry/team/app" >"$W/tags" || fail 'skopeo'
    expect 1 'list-tags' jq -r '.Tags[0]' "$W/tags"
}

anonymous() {
    status=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$W/ca.pem" "https://$registry/v2/")
    [ "$status" = 401 ] || fail "status $status without a token"
    refused 'without the helper' as carol env XDG_RUNTIME_DIR="$W/home/carol/run" HOME=/nonexistent \
        skopeo inspect --cert-dir "$W/certs" "docker://$registry/team/app:1"
}

wrong_scope() {
    mv "$W/registry" "$W/registry.away"
    refused 'push with another scope' push localhost:8444
    logged 'reason=scope_missing user=alice service=registry'
    [ ! -e "$W/registry/docker/registry/v2/repositories/team" ] || fail 'the registry has the image'
    rm -rf "$W/registry"
    mv "$W/registry.away" "$W/registry"
    refused 'pull with another scope' carol_skopeo inspect --cert-dir "$W/certs" docker://localhost:8444/team/app:1
    carol_skopeo inspect --cert-dir "$W/certs" "docker://$registry/team/app:1" || fail 'the right scope'
}

# People log in out of habit: it must work, and must not leave the token in a file.
login_and_out() {
    as carol thrivestack-credential token >"$W/typed" || fail 'no token'
    carol_skopeo login --cert-dir "$W/certs" --authfile "$W/home/carol/.docker/config.json" \
        -u alice --password-stdin "$registry" <"$W/typed" || fail 'skopeo login'
    # The helper's own cache, which is in the runtime folder too, is where it belongs.
    ! grep -rq --exclude-dir=thrivestack -e eyJhbG -e '"auth"' "$W/home/carol/.docker" "$W/home/carol/run" ||
        fail 'the token was stored'
    push "$registry" || fail 'push after login'
    carol_skopeo logout --authfile "$W/home/carol/.docker/config.json" "$registry" || fail 'skopeo logout'
}

revoked_policy() {
    cp "$CONF/policy.conf" "$W/policy.away"
    sed -i 's/^services = .*/services = git/' "$CONF/policy.conf"
    refused 'a key for another service' carol_skopeo inspect --cert-dir "$W/certs" "docker://$registry/team/app:1"
    logged 'reason=service user=alice service=registry'
    cp "$W/policy.away" "$CONF/policy.conf"
}

no_token_in_logs() {
    # The registry's own state of an upload is in its URLs, and long.
    sed -i 's/_state=[^ &"\\]*//g' "$W/nginx/access.log" "$W/registry.log"
    no_secret_in "$W/syslog" "$W/nginx/access.log" "$W/nginx/error.log" "$W/registry.log"
}

user alice 4001 alice-password
user carol 4003 carol-password
set_up_policy
set_up_server
set_up_laptop

run_case push_and_pull push_and_pull
if command -v docker >/dev/null; then
    run_case docker_manifest_inspect docker_manifest
else
    echo 'not tried: docker manifest inspect, for there is no docker command here'
fi
run_case list_tags list_tags
run_case anonymous_refused anonymous
run_case wrong_scope_refused wrong_scope
run_case login_and_out login_and_out
run_case key_for_another_service_refused revoked_policy
run_case no_token_in_logs no_token_in_logs
finish
