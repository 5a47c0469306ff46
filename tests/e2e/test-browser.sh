#!/bin/sh
# The API Key page in a real browser, Debian's Chromium, driven through WebDriver: create a key, download
# it, import it with the real helper, get a token, see its last use, rotate without a gap, invalidate, and
# see the helper's 77. Then what a browser alone can show: keyboard, script, sizes, colours, attacks.
# usage: test-browser.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/lib.sh disable=SC2015 # `a && b || fail` is meant so.
. "$(dirname "$0")/../lib.sh"

prefix=$1
issuer=$2
scratch=$(mktemp -d)
shots=${BROWSER_SHOTS:-$scratch/shots}
driver_pid=
session=
# Its folders are written to until the browser has ended, which is after the driver's answer.
clean_up() {
    [ -z "$session" ] || webdriver DELETE '' >/dev/null 2>&1
    [ -z "$driver_pid" ] || { kill "$driver_pid" && wait "$driver_pid"; } 2>/dev/null
    stop_issuers
    await 5 rm -rf "$scratch" 2>/dev/null
}
trap clean_up EXIT

driver=$(command -v chromedriver) && command -v chromium >/dev/null ||
    skip_rest browser 'chromium and chromium-driver are not installed; `sh tests/run all` installs them where it can'

# ---- WebDriver (W3C) with curl and jq

# webdriver METHOD PATH [JSON]: the answer's value.
webdriver() {
    curl -sS --max-time 60 -X "$1" -H 'Content-Type: application/json' ${3+--data-binary "$3"} \
        "http://127.0.0.1:$driver_port/session${session:+/$session}$2" >"$scratch/webdriver" || return 1
    jq -e '.value | if type == "object" and has("error") then halt_error(1) else true end' \
        <"$scratch/webdriver" >/dev/null 2>"$scratch/webdriver.error" || return 1
    jq -r .value <"$scratch/webdriver"
}

go() { webdriver POST /url "$(jq -n --arg url "$1" '{url: $url}')" >/dev/null; }

# script TEXT [ARGUMENT]...: what it returns.
script() {
    text=$1
    shift
    webdriver POST /execute/sync "$(jq -n --arg text "$text" '{script: $text, args: $ARGS.positional}' --args "$@")"
}

element() {
    webdriver POST /element "$(jq -n --arg css "$1" '{using: "css selector", value: $css}')" |
        jq -r '."element-6066-11e4-a52e-4f735466cecf"'
}

click() { webdriver POST "/element/$(element "$1")/click" '{}' >/dev/null; }
enter() { webdriver POST "/element/$(element "$1")/value" "$(jq -n --arg text "$2" '{text: $text}')" >/dev/null; }
text() { webdriver GET "/element/$(element "$1")/text"; }
devtools() { webdriver POST /goog/cdp/execute "$(jq -n --arg cmd "$1" --argjson params "$2" '{cmd: $cmd, params: $params}')" >/dev/null; }

# press KEY...: as on a keyboard.
press() {
    for key; do
        webdriver POST /actions "$(jq -n --arg key "$key" '{actions: [{type: "key", id: "keyboard",
            actions: [{type: "keyDown", value: $key}, {type: "keyUp", value: $key}]}]}')" >/dev/null || return 1
    done
}

# shot NAME: a picture of the window.
shot() { webdriver GET /screenshot | openssl base64 -d -A >"$shots/$1.png"; }

start_browser() {
    mkfifo "$scratch/driver"
    HOME=$scratch "$driver" --port=0 >"$scratch/driver" 2>"$scratch/driver.err" &
    driver_pid=$!
    driver_port=
    while [ -z "$driver_port" ] && read -r line; do
        driver_port=$(printf '%s' "$line" | sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p')
    done <"$scratch/driver"
    [ -n "$driver_port" ] || return 1
    session=$(webdriver POST '' "$(jq -n --arg downloads "$downloads" --arg profile "$scratch/profile" '
        {capabilities: {alwaysMatch: {browserName: "chrome", "goog:loggingPrefs": {browser: "ALL"},
            "goog:chromeOptions": {binary: "/usr/bin/chromium",
                args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--no-first-run", "--disable-background-networking", "--no-proxy-server",
                    "--window-size=1200,900", "--lang=en-GB", "--user-data-dir=" + $profile,
                    "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
                prefs: {"download.default_directory": $downloads,
                    "download.prompt_for_download": false}}}}}')" | jq -r .sessionId)
    [ -n "$session" ] && [ "$session" != null ]
}

# ---- the cases

# check NAME COMMAND...
check() {
    case_name=$1
    shift
    if "$@" >"$scratch/case" 2>&1; then
        ok "$case_name"
    else
        [ ! -s "$scratch/webdriver.error" ] || cat "$scratch/webdriver.error" >>"$scratch/case"
        bad "$case_name" 'see below' "$scratch/case"
    fi
}

helper() { HOME=$home XDG_RUNTIME_DIR=$home/run "$prefix/bin/thrivestack-credential" "$@"; }
row() { text "#key-$1"; }
body_says() { text body | grep -F -- "$1"; }
downloaded() { [ -s "$downloads/key.json" ]; }
# A table's cell of a key, by its label.
cell() { text "#key-$1 [data-label='$2']"; }

create() {
    go "$page" && enter '#name' alice-laptop &&
        script 'document.getElementById("expiry").value = arguments[0]' "$next_year-06-30" >/dev/null &&
        click 'form[action="/keys"] button' && await body_says 'Download it now' &&
        id=$(script 'return location.pathname.split("/")[2]') && [ "${#id}" = 36 ] &&
        [ "$(find "$scratch/i/keys" -name '*.json')" = "$scratch/i/keys/$id.json" ]
}

download() {
    rm -f "$downloads/key.json"
    click '#download' && await downloaded && await body_says 'Downloaded. Next:' &&
        [ "$(script 'return document.querySelectorAll("form.once button:not(:disabled)").length')" = 0 ]
}

import_key() { helper key import "$downloads/key.json" && helper token --fresh >"$scratch/token" && grep -q '^eyJ' "$scratch/token"; }
never_used() { go "$page" && [ "$(cell "$id" 'Last used')" = Never ]; }
last_used() { go "$page" && cell "$id" 'Last used' | grep -E '^20[0-9-]{8} [0-9:]{5}$'; }

second_download() {
    go "${page}keys/$id/new" && body_says 'rotate the key to get a new one' && ! body_says PRIVATE
}

rotate() {
    go "$page" && click "#key-$id .rotate button" && await body_says 'It replaces' &&
        next=$(script 'return location.pathname.split("/")[2]') && [ "$next" != "$id" ] && download
}

old_key_works() {
    helper token --fresh >"$scratch/token" && go "$page" &&
        [ "$(cell "$id" State)" = 'Replaced, still valid' ] && [ "$(cell "$next" State)" = Active ]
}

# Cancelled first: then nothing changes.
invalidate() {
    click "#key-$id .invalidate button" && webdriver POST /alert/dismiss '{}' >/dev/null &&
        [ "$(cell "$id" State)" = 'Replaced, still valid' ] && helper token --fresh >/dev/null &&
        click "#key-$id .invalidate button" && webdriver POST /alert/accept '{}' >/dev/null &&
        await state_is "$id" Invalidated
}
state_is() { [ "$(cell "$1" State)" = "$2" ]; }

refused_with_77() {
    code=0
    helper token --fresh >"$scratch/token" 2>"$scratch/refusal" || code=$?
    cat "$scratch/refusal"
    [ "$code" = 77 ] && [ ! -s "$scratch/token" ] && grep -q revoked "$scratch/refusal"
}

next_key_works() {
    rm -f "$home/.config/thrivestack/key.json"
    helper key import "$downloads/key.json" && helper token --fresh | grep -q '^eyJ' &&
        go "$page" && cell "$next" 'Last used' | grep '^20'
}

# The file is chosen as a person would, then sent.
try_a_key() {
    go "$page" && enter '.pick input' "$downloads/key.json" &&
        await key_is_in && click 'form[action="/token"] button' && await body_says 'The token' &&
        text '#claims' | grep '"aud": *"user_management"' && text '#header' | grep -F "$next" &&
        ! script 'return document.documentElement.outerHTML' | grep PRIVATE
}
key_is_in() { script 'return document.getElementById("key").value' | grep -q PRIVATE; }

# From the top of the page with Tab, letters and Enter alone.
by_keyboard() {
    go "$page" && press "$tab" && body_says 'Skip to content' &&
        [ "$(script 'return document.activeElement.className')" = skip ] && press "$enter" &&
        [ "$(script 'return document.activeElement.id')" = main ] || return 1
    stops=0
    until [ "$(script 'return document.activeElement.id')" = name ]; do
        press "$tab" && stops=$((stops + 1)) && [ "$stops" -lt 30 ] || return 1
    done
    press k e y b o a r d "$enter" && await body_says 'Download it now' &&
        [ "$(script 'return document.activeElement.id')" = download ] && press "$enter" && await body_says 'Downloaded.'
}

# Every control has a name, ids are unique, headings do not skip, the field that is wrong has the focus.
accessible() {
    go "$page" && script '
        const problems = [];
        for (const control of document.querySelectorAll("button, input:not([type=hidden]), select, textarea, a")) {
            const name = control.getAttribute("aria-label") || (control.labels && control.labels[0]?.textContent) || control.textContent;
            if (!name.trim()) problems.push(control.outerHTML);
        }
        const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
        if (new Set(ids).size !== ids.length) problems.push("an id twice");
        if (document.querySelectorAll("h1").length !== 1) problems.push("not one h1");
        for (const th of document.querySelectorAll("th")) if (!th.scope) problems.push("a th without scope");
        return problems.join("\n");' | tee "$scratch/problems"
    [ ! -s "$scratch/problems" ] || [ -z "$(tr -d '\n' <"$scratch/problems")" ] || return 1
    click 'form[action="/keys"] button' && await body_says 'Enter a name.' &&
        [ "$(script 'return document.activeElement.id + " " + document.activeElement.getAttribute("aria-describedby")')" = 'name name-error' ]
}

# The lowest contrast of any text on the page (WCAG 2: 4.5 is enough), in the scheme given.
contrast() {
    devtools Emulation.setEmulatedMedia '{"features":[{"name":"prefers-color-scheme","value":"'"$1"'"}]}' && go "$page" &&
        [ "$(script 'return matchMedia("(prefers-color-scheme: " + arguments[0] + ")").matches' "$1")" = true ] &&
        script '
        const parse = (c) => (c.match(/[\d.]+/g) || []).map(Number);
        const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
        const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
        let lowest = [99, ""];
        for (const e of document.querySelectorAll("body *")) {
            if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
            const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)), light(ground(e))].sort((x, y) => y - x);
            const ratio = (a + .05) / (b + .05);
            if (ratio < lowest[0]) lowest = [ratio, e.outerHTML.slice(0, 80)];
        }
        return lowest[0].toFixed(2) + " " + lowest[1];' >"$scratch/contrast"
    cat "$scratch/contrast"
    awk '{ exit !($1 >= 4.5 && $1 < 99) }' "$scratch/contrast" && shot "page-$1"
}

# Nothing sticks out, and what is to be touched is large enough, at 360 and at 390 pixels.
on_a_phone() {
    for width in 360 390; do
        devtools Emulation.setDeviceMetricsOverride '{"width":'"$width"',"height":844,"deviceScaleFactor":1,"mobile":true}' &&
            go "$page" && script '
            const small = [...document.querySelectorAll("button")].filter((b) => b.getBoundingClientRect().height < 44).map((b) => b.outerHTML);
            return document.documentElement.scrollWidth + " " + small.join(" ");' >"$scratch/phone" || return 1
        cat "$scratch/phone"
        [ "$(cat "$scratch/phone")" = "$width " ] || [ "$(cat "$scratch/phone")" = "$width" ] || return 1
    done
    shot page-phone && devtools Emulation.clearDeviceMetricsOverride '{}'
}

# A name that an attacker's DNS server points here, and a form on an attacker's page.
rebound() { go "http://rebound.example:$port/" && body_says 'only at its own address' && ! script 'return document.documentElement.outerHTML' | grep csrf; }
foreign_form() {
    before=$(find "$scratch/i/keys" -name '*.json' | wc -l)
    go "data:text/html,<form method=post action=${page}keys><input name=csrf value=$(printf '%032d' 0)><input name=name value=x><input name=expiry value=$next_year-01-31><input name=rotation value=90d><button>go</button></form>" &&
        click button && await body_says 'Nothing was changed' &&
        [ "$(find "$scratch/i/keys" -name '*.json' | wc -l)" = "$before" ]
}

# A key's name that is markup stays text, and the browser had nothing to block on any page of this run.
no_markup_runs() {
    "$issuer" key new "$scratch/i" --name '<img src=x onerror="document.title=1"><b id=b>x</b>' --out "$scratch/markup" >/dev/null &&
        go "$page" && body_says '<img src=x' && [ "$(script 'return document.title + document.querySelectorAll("tbody b, tbody img").length')" = 'API keys0' ]
}
nothing_blocked() { webdriver POST /se/log '{"type":"browser"}' | tee "$scratch/console"; ! grep -qi 'content security policy' "$scratch/console"; }

# Everything but the extras works without script: create, and take the download.
without_script() {
    devtools Emulation.setScriptExecutionDisabled '{"value":true}' && go "$page" && enter '#name' plain &&
        click 'form[action="/keys"] button' && await body_says 'Download it now' && rm -f "$downloads"/* &&
        click '#download' && await downloaded && devtools Emulation.setScriptExecutionDisabled '{"value":false}'
}

tab=$(printf '\356\200\204')
enter=$(printf '\356\200\207')
home=$scratch/home
downloads=$scratch/Downloads
next_year=$(($(date -u +%Y) + 1))
mkdir -p "$shots" "$downloads"
(umask 077 && mkdir -p "$home/.config/thrivestack" "$home/run")
"$issuer" init "$scratch/i"
mkfifo "$scratch/ready"
"$issuer" serve "$scratch/i" --page >"$scratch/ready" 2>"$scratch/issuer.log" &
issuer_pids=$!
{ read -r _ url && read -r _ page; } <"$scratch/ready"
port=${page##*:}
port=${port%/}
cat >"$home/.config/thrivestack/credential.conf" <<END
[profile default]
scopes    = user_management
token_url = $url/api/user/token
ca_file   = $scratch/i/ca.pem
END

start_browser || {
    cat "$scratch/driver.err" "$scratch/webdriver" >&2
    bad browser 'it does not start'
    finish
}
check 'create a key' create
check 'download it' download
check 'it was never used' never_used
check 'import it and get a token' import_key
check 'its last use is shown' last_used
check 'a second download' second_download
check 'rotate' rotate
check 'the old key still works' old_key_works
check 'invalidate, after a question' invalidate
check 'the helper ends with 77' refused_with_77
check 'the new key works' next_key_works
check 'try a key' try_a_key
shot page-token
check 'keyboard alone' by_keyboard
check 'names, ids, headings, focus' accessible
check 'contrast in light' contrast light
check 'contrast in dark' contrast dark
check 'on a phone' on_a_phone
check 'a rebound name' rebound
check 'a form of another site' foreign_form
check 'markup in a name' no_markup_runs
check 'the policy blocked nothing' nothing_blocked
check 'without script' without_script
finish
