### What people read in Discord, in English: a Project Fluent catalogue (https://projectfluent.org/fluent/guide/).
### `{ $name }` is filled in by the program, `{ -login }` is a command, and Discord's markup is markup here, too.
### The commands' own names and descriptions stand in commands.py; other languages have theirs in their catalogue.

-login = `/auth login`
-complete = `/auth complete`
-status = `/auth status`
-logout = `/auth logout`
-cancel = `/auth cancel`
-help = `/auth help`
-mcp-add = `/auth mcp add`
-mcp-remove = `/auth mcp remove`

## Buttons and the form

button-open = Open the login page
button-paste = Paste it here
button-how = Show me how
button-login = Log in to { $vendor }
button-new-link = Get a new link
button-cancel = Cancel { $vendor }
button-replace = Replace that login
button-keep = Keep it
button-remove = Remove it here
button-revoke = Also revoke it at the vendor
form-title = Finish the login
form-field = The address, or the code that the page shows
form-hint = Copy all of it: the whole line from the address bar.
form-example = http://localhost:…/callback?code=…&state=…  or  code#state

## The two steps

login-title = ## Log in to { $vendor }
login-open-button = Press **{ button-open }**, say yes to Discord, and sign in.
login-open-below = Open the link below, say yes to Discord, and sign in.
login-last-page-dead =
    The last page **does not load, and that is right.** Copy its whole address from the address bar: it begins with { CODE($beginning) }.
login-last-page-code = The last page shows a code. Copy all of it, the part after the `#` too.
login-paste = Come back and press **{ button-paste }**.
login-page = Login page of { $vendor }
login-copy = -# For another browser, copy this link:
login-valid =
    -# The link works until { $time } ({ $relative }). Show what you copied to nobody.
    -# No form on your screen? { -complete } takes it too, and so do I as a direct message.
login-code-type = See that the page shows this code, or type it there:
login-code-wait =
    -# The code works until { $time } ({ $relative }). This message changes by itself once you are done there.
    -# Approve no code that you did not ask for just now.
login-program-paste = If the last page shows a code or does not load, come back, press **{ button-paste }**, and paste the code or that page's address.
login-program-wait =
    -# { $vendor }'s own program waits for you until { $time } ({ $relative }). This message changes by itself once you are done.
login-code-expired = ⌛ **The code for { $vendor } has expired.** Nothing was changed. Begin again with { -login }.
login-done-program = ✅ **{ $vendor }'s own program says that it is logged in.** It keeps that login itself; nothing was stored here.
login-done = ✅ **Logged in to { $vendor }.** Every agent here uses it from now on.
login-done-as = ✅ **Logged in to { $vendor } as { $account }.** Every agent here uses it from now on.
login-done-before = Before, it was { $account }.
login-lacks-project = ⚠️ **This account has no Code Assist project yet.** Set up Gemini Code Assist once for it, or have the operator set `GOOGLE_CLOUD_PROJECT` where the agents run.
login-overtaken = ⚠️ **Your login to { $vendor } was not stored:** another one came in while yours was under way.
login-link-used = ✅ Done: logged in to **{ $vendor }**.
login-link-expired = ⌛ **This link to { $vendor } has expired.** Nothing was changed. Begin again with { -login }.
login-link-replaced = This link to **{ $vendor }** was replaced by a newer one. Use that.
login-button-expired = ⌛ **This link has expired.** Nothing was changed. Begin again with { -login }.
cancelled = **Your login to { $vendor } is cancelled.** Its link is of no use any more.
kept = Nothing was changed.
login-ended = ⚠️ **The login to { $login } has ended.** The agents here cannot renew it any more.
    Reason: { $reason }
    Log in again with the button, or with { -login }.

risk-tos-risk = ⚠️ **Careful:** this vendor's terms may not allow its login outside its own tools. The account could be closed.
risk-experimental = ⚠️ **Careful:** this login is experimental and may stop working at any time.
note = ℹ️ { $note }
login-elsewhere = ⚠️ **Careful:** { CODE($host) } will get the token of an account at { CODE($issuer) }. Log in only if you trust { CODE($host) } with that account.

replace-question = **{ $who } is logged in to { $login }.**
    A new login replaces it for every agent. Nothing changes until the new one is finished.

how-dead =
    ## Copy the address
    1. The last page does not load. That is right: what you need is its address.
    2. Select the whole address at the top of the browser and copy it. On a phone, touch it first.
    3. Back in Discord, press **{ button-paste }** and paste it.
how-code =
    ## Copy the code
    1. The last page shows a code, often with a button to copy it.
    2. Copy all of it, both sides of the `#`.
    3. Back in Discord, press **{ button-paste }** and paste it.
picture-desktop = On a computer: the page does not load. Ctrl+L or ⌘+L selects its address, Ctrl+C or ⌘+C copies it, Ctrl+V or ⌘+V pastes it into the form in Discord.
picture-phone = On a phone: the page does not load. Touch the address at the top, choose copy, and paste it into the form in Discord.
picture-code = The page shows a code with a button to copy it. Both sides of the # are copied and pasted into the form in Discord.

## Logout

logout-question = **Log out of { $login }?**
logout-remove = - **{ button-remove }**: the agents here stop using it. At the vendor it stays valid.
logout-revoke = - **{ button-revoke }**: it ends everywhere, on other machines too.
logout-irrevocable = - The vendor offers no way to revoke it from here. The account's own security page does.
logout-shadowed = - { CODE($variable) } is set for the agents here, and they go on using that either way.
logout-removed = **The login to { $vendor } is removed here.** At the vendor it is still valid.
logout-revoked = **The login to { $vendor } is revoked at the vendor and removed here.**
logout-nothing = **There was no login to { $vendor } to remove.**
logout-stands = **Another login to { $vendor } came in meanwhile, and stands.** Nothing was removed.
logout-former = The login that was there before is revoked at the vendor.
logout-not-told = The vendor was not told: { $note }.
logout-left = A file beside the store may still hold its tokens; `/auth status` names it.

console = Somebody at the console
somebody = Somebody, I do not know who,
login-as = { $login } ({ $account })

## Status

status-title = Logins
status-empty = Nobody is logged in anywhere. Begin with { -login }.
status-login = { $mark } **{ $title }**: { $state }
status-token-until = token until { $time }
status-made = logged in { $time }
status-made-by = logged in { $time } by { $who }
status-elsewhere = { CODE($host) } gets the token of an account at { CODE($issuer) }
status-shadowed = ⚠️ not used while { CODE($variable) } is set
status-server = at { $host }
status-failed = ⚠️ renewing it failed { $time } ({ $reason }); next try: { $then }
status-scopes = scopes asked for: { $asked }; granted: { $granted }
status-missing = ⚠️ agents lack scopes: { $scopes }. { $todo }
remedy-log-in = Log in again with { -login }.
remedy-widen = Tell the operator: add them to `scopes` in { $table }; then log in again with { -login }.
remedy-grant = They were asked for and not given: whoever runs the server must grant them to this account.
status-pending = ⏳ **{ $vendor }**: waits for you until { $time }
status-environment = 🔑 **{ $vendor }**: uses { CODE($variable) } of the bot's environment, which is not stored
status-problem = 🔧 **For the operator:** { $what }: { $repair }
status-more = … and { $count } more; `openab-auth status` shows all.
state-ok = logged in
state-expiring = logged in, about to be renewed
state-expired = logged in, renewed at the next use
state-dead = ended by the vendor, log in again
state-ended = expired, log in again
never = never

## MCP servers that people add

server-added = ✅ **{ $vendor } is added.** Everybody who may log agents in here can log in to it now, with the button or { -login }.
server-there = ℹ️ **{ $vendor } is there already**, with this very address. Nothing was changed.
server-host =
    Agents will hand its tokens to { CODE($host) }. Log in only if you trust whoever runs that.
    -# Its address: { CODE($address) }
server-removed = **{ $server } is removed.** Nobody can log in to it from here any more.

## Autocompletion

choice-in = logged in
choice-out = not logged in
choice-again = log in again
choice-tos-risk = ⚠ terms may forbid it
choice-experimental = ⚠ experimental

## Help

help-title = ## Log coding agents in, from Discord
help-what =
    An agent here works with an account at a vendor, such as Claude. You sign in once, in your own browser, and every agent here may use that login. I never see your password.
help-not-allowed = **You may not do this yet:** { $happened } { $next }
help-first = **Nothing is logged in yet.** { -login } begins: you get a link, sign in, and paste back where the browser ended. It takes a minute.
help-allowed = **{ $count ->
        [one] One login is there.
       *[other] { $count } logins are there.
    }** { -login } adds one or replaces one, { -status } shows them.
help-store = **The logins cannot be read now.** { -status } says why.
help-commands =
    - { -login } gives you the link, { -complete } takes what you copied (so does the button, so does a DM to me).
    - { -status } shows who is logged in where, { -cancel } drops a login that you began.
    - { -logout } removes a login, and revokes it at the vendor if you say so.
help-servers = - { -mcp-add } adds an MCP server, { -mcp-remove } removes one that you added.
help-privacy = -# Only you see my answers. What you paste is used once and kept nowhere. Your id is { $user }.

## Direct messages

dm-footer = **Please delete your message now:** such an address does not belong in a chat, and I cannot delete it.
dm-hint = I only log agents in. Use { -login }, then paste here what you copied. { -help } says more.

## What can go wrong: what happened, what was kept, what to do next. The key is the error's `code`, and its `reason`
## where one code has several mistakes; the values are the error's own fields.

failure =
    ❌ **{ $happened }**
    { $kept }
    Next: { $next }
apology =
    ❌ **Something went wrong on my side.**
    Try again. If it stays so, give the operator this id: { CODE($incident) }

-unchanged = Nothing was changed.
-still-waits = Your login still waits.
-older-untouched = An older login, if there was one, is untouched.
-copy-all = Copy the whole address of the last page from the address bar and paste that.
-new-link = Begin again with { -login }.

error-not_allowed-bot = Bots may not use this.
    .kept = { -unchanged }
    .next = Ask a person.
error-not_allowed-direct_message = This is switched off in direct messages.
    .kept = { -unchanged }
    .next = Use the command in a server where I am.
error-not_allowed-not_listed = You are not on the list of who may log agents in.
    .kept = { -unchanged }
    .next = Ask this bot's operator to add your id { $user } to `allowed_users`.
error-not_allowed-no_role = You are not on the list of who may log agents in, and none of your roles is.
    .kept = { -unchanged }
    .next = Ask this bot's operator to add your id { $user } to `allowed_users`, or to give you an allowed role.
error-not_allowed-roles_hidden = You are not on the list of who may log agents in, and a direct message does not show me your roles.
    .kept = { -unchanged }
    .next = If you have an allowed role, use the command in the server. Else ask this bot's operator to add your id { $user } to `allowed_users`.
error-not_allowed-unknown = Discord did not tell me whether you still have an allowed role.
    .kept = This login is over and was not stored.
    .next = { -new-link }
error-not_allowed-not_yours = { $owner } made this login, not you.
    .kept = It is untouched.
    .next = Ask them to log out, or an operator (a person listed in `allowed_users`).
error-not_allowed-not_known = This login was made at the console, or by nobody that I know.
    .kept = It is untouched.
    .next = Ask an operator (a person listed in `allowed_users`) to log out.
error-not_allowed-not_your_server = { $owner } added this server, not you.
    .kept = It is still there.
    .next = Ask them to remove it, or an operator (a person listed in `allowed_users`).
error-too_many_attempts = You have tried { $limit } times within a minute.
    .kept = { -unchanged }
    .next = Wait { $retry_after } s, then try again.
error-closing = I am restarting.
    .kept = { -unchanged }
    .next = Try again in a minute.
error-link_too_long = The login link to { $vendor } has { $length } characters, more than a Discord message holds.
    .kept = { -unchanged }
    .next = Ask the operator to request fewer scopes, or to log in with `openab-auth login`.
error-name_too_long = This name is too long for a Discord button.
    .kept = { -unchanged }
    .next = Ask the operator to do it with `openab-auth login` or `openab-auth logout`.

error-not_logged_in = Nobody is logged in to { $tenant }.
    .kept = { -unchanged }
    .next = { -login } begins a login, { -status } shows which there are.
error-login_dead = The login to { $tenant } has ended ({ $reason }).
    .kept = The old entry is still in the store.
    .next = Log in again with { -login }.
error-login_taken = { $tenant } has a login that another person made.
    .kept = That login is untouched.
    .next = { -login } asks whether it may be replaced.
error-login_overtaken = { $tenant } has a login that another person made while yours was under way.
    .kept = That login is untouched, and yours was not stored.
    .next = { -login } asks whether it may be replaced.
error-login_changed = { $tenant } has another login by now than the one that you were asked about.
    .kept = That login is untouched.
    .next = { -status } shows it; { -logout } asks about it.
error-refresh_busy = { $tenant } is being renewed right now, and that takes long.
    .kept = The login is untouched.
    .next = Try again in a moment.
error-unknown_vendor = { $vendor } is not offered here.
    .kept = { -unchanged }
    .next =
        { $offered ->
            [none] The operator must offer a vendor first: `vendors` under `[auth]` in the config.
           *[other] Choose one of: { $offered }.
        }
error-vendor_unavailable = { $vendor } gave no usable answer ({ $reason }).
    .kept =
        { $asked ->
            [code] { $sent ->
                [yes] { -older-untouched }
               *[no] { -still-waits }
            }
           *[other] { -unchanged }
        }
    .next =
        { $asked ->
            [code] { $sent ->
                [yes] { -new-link }
               *[no] Paste the same thing again in a moment.
            }
           *[other] Try again in a moment.
        }
error-vendor_misconfigured = { $vendor } does not accept the way this bot is set up ({ $reason }).
    .kept = { -older-untouched }
    .next = Tell the operator: { $todo }.
error-client_missing = { $vendor } has no client of ours ({ $reason }).
    .kept = { -older-untouched }
    .next =
        Tell the operator: register a client at { $issuer } with the redirect { CODE($redirect_uri) }{ $scopes ->
            [none] {""}
           *[other] {" "}and the scopes { $scopes }
        }, then write its `client_id` into { CODE($table) } in the config.
error-server_unusable = { $vendor } cannot be logged in to ({ $reason }).
    .kept = { -older-untouched }
    .next = Tell the operator: { $todo }.
error-exchange_refused = { $vendor } refused the code ({ $reason }).
    .kept = { -older-untouched }
    .next = A code works once and for a short time. { -new-link }
error-risk_not_accepted = { $vendor } is not offered here: its login is marked { $risk }.
    .kept = { -unchanged }
    .next = The operator may accept that by name: `accept_risk` under `[auth]` in the config.
error-no_login = There is no login to { $vendor } from here.
    .kept = { -unchanged }
    .next =
        { $note ->
            [none] Tell the operator: set { $variables } where the agents run.
           *[other] { $note } Tell the operator: set { $variables } where the agents run.
        }
error-plan_missing = { $vendor } does not let this account in ({ $reason }).
    .kept = { -older-untouched }
    .next = Give the account a seat or a plan at the vendor, or log in with another one. { -new-link }
error-program_failed = The login program of { $vendor } { $status ->
        [none] took too long, so I ended it.
       *[other] ended without a login (status { $status }).
    }
    .kept = This login is over. What the program had stored before is its own.
    .next =
        { $said ->
            [none] { -new-link }
           *[other] It said last: { $said }. { -new-link }
        }
error-program_waits = The login program of { $vendor } heard that and still waits.
    .kept = { -still-waits }
    .next =
        { $said ->
            [none] Paste what it asks for, or drop the login with { -cancel }.
           *[other] It said last: { $said }. Paste what it asks for, or drop the login with { -cancel }.
        }
error-login_denied = The login to { $vendor } was not approved ({ $reason }).
    .kept = This login is over. { -older-untouched }
    .next = { -new-link }
error-login_expired = The code for { $vendor } expired before it was approved.
    .kept = This login is over. { -older-untouched }
    .next = { -new-link }
error-login_not_stored = You are logged in at { $vendor }, but I could not store it yet. { $why }
    .kept = I keep it in memory, and store it as soon as that is possible.
    .next = Look at { -status } in a while. If the login is not there, begin again with { -login }.
error-too_many_logins = { $limit } logins of yours are waiting already.
    .kept = They still wait.
    .next = Finish one, or drop one with { -cancel }.
error-too_many_wait = Too many logins are waiting here already.
    .kept = { -unchanged }
    .next = Try again in 15 minutes: those that nobody finishes are over then.
error-no_pending_login = No login is waiting for this: it was never begun, was used already, or is older than 15 minutes.
    .kept = { -unchanged }
    .next = { -new-link }
error-which_login = Several logins of yours are waiting: { $vendors }.
    .kept = They still wait.
    .next = Say which one: { -complete } and { -cancel } take a `vendor`.

error-server_not_added-off = Adding servers is switched off here.
    .kept = { -unchanged }
    .next = Ask the operator to add the server under `[mcp]` in the config.
error-server_not_added-name = No server can have such a name.
    .kept = { -unchanged }
    .next = Choose one of at most 32 letters, digits, `.`, `_` and `-`.
error-server_not_added-taken = The name { $server } is taken already.
    .kept = { -unchanged }
    .next = Choose another name. { -login } shows which there are.
error-server_not_added-address = This cannot be a server's address: it { $said }.
    .kept = { -unchanged }
    .next = Give the https address that the server's documentation names.
error-server_not_added-login = A login lies under the name { $server } that this server did not get.
    .kept = { -unchanged }
    .next = Choose another name, or end that login first with { -logout }.
error-server_not_added-full = { $limit } servers were added already.
    .kept = { -unchanged }
    .next = Remove one that nobody needs with { -mcp-remove }.
error-server_not_removed-unknown = Nobody has added a server of this name.
    .kept = { -unchanged }
    .next = Choose one of those that I offer while you type.
error-server_not_removed-login = A login lies under the name { $server }.
    .kept = { -unchanged }
    .next = Log out first with { -logout }.

error-paste_refused-empty = There is nothing in this paste.
    .kept = { -still-waits }
    .next = { -copy-all }
error-paste_refused-too_long = This is far too long for such an address.
    .kept = { -still-waits }
    .next = Copy only the address of the last page, from the address bar.
error-paste_refused-control_characters = This was damaged on the way: there are control characters in it.
    .kept = { -still-waits }
    .next = Copy it from the browser's address bar, not from a terminal or a log.
error-paste_refused-not_understood = There is no such address in this, and no code.
    .kept = { -still-waits }
    .next = Open the link and sign in first. { -copy-all } It does not matter that the page does not load.
error-paste_refused-no_code = This address carries no code: it is not the last page's, or its end was cut off.
    .kept = { -still-waits }
    .next = Finish the sign-in. { -copy-all } All that follows the `?` belongs to it.
error-paste_refused-bare_code = This is only half of it: a code without its state, so I cannot tell whose login it ends.
    .kept = { -still-waits }
    .next = { -copy-all } Where a page shows code#state, copy both sides of the `#`.
error-paste_refused-doubled = This says the same thing twice: two addresses in one, or a part that came doubled.
    .kept = { -still-waits }
    .next = Paste one address, once.
error-paste_refused-authorize_link = This is the link that you opened, not the address that you ended on.
    .kept = { -still-waits }
    .next = Open that link in a browser and sign in. { -copy-all }
error-paste_refused-token_or_key = This is an access token or an API key, not the address. It was neither used nor stored.
    .kept = { -still-waits }
    .next =
        Others may have seen it: revoke it at the vendor now, and delete the message that holds it. Then copy the address of the last page and paste that.
error-paste_refused-other_redirect = This address leads to another place than this login's last page.
    .kept = { -still-waits }
    .next = Finish the sign-in with the newest link. { -copy-all }
error-paste_refused-foreign_state = This belongs to another login: yours of before, another person's, or its end was cut off.
    .kept = { -still-waits }
    .next = Copy the whole address with its end and paste that. If it is refused again: { -new-link }
error-paste_refused-other_issuer = This says that it comes from another server than this vendor's, so I sent the code nowhere.
    .kept = { -still-waits }
    .next = { -new-link } Open only that link.
error-paste_refused-no_issuer = This does not say which server it comes from, as this vendor's always do, so I sent the code nowhere.
    .kept = { -still-waits }
    .next = Copy the whole address with its end and paste that. If it is refused again: { -new-link }
error-paste_refused-denied =
    { $ends_login ->
        [yes] The vendor did not let this login through ({ $said }).
       *[no] This address reports an error, and it is not certain that it belongs to this login.
    }
    .kept =
        { $ends_login ->
            [yes] This login is over. { -older-untouched }
           *[no] { -still-waits }
        }
    .next =
        { $ends_login ->
            [yes] { -new-link }
           *[no] Go on with the newest link. If that is where it came from: { -new-link }
        }

error-store_unreadable = The file with the logins could not be read ({ $reason }).
    .kept = { -unchanged }
    .next = Tell the operator: make { CODE($path) } readable for the bot, or move it away.
error-store_unwritable = The file with the logins could not be written ({ $reason }).
    .kept = It is as it was.
    .next = Tell the operator: free space, or mend the rights of the folder of { CODE($path) }.
error-servers_unwritten = The list of the servers that people added could not be written ({ $reason }).
    .kept = The servers are as they were. Logins that were begun at one that was to be removed are over.
    .next = Tell the operator: free space, or mend the rights of the folder of { CODE($path) }.
error-store_busy = The logins are locked by another program, for over { $waited } s.
    .kept = { -unchanged }
    .next = Try again. If it stays so, tell the operator: in the list of `lsof`, the one with a W holds { CODE($path) }.
error-invalid_tenant = { $tenant } cannot be the name of a login ({ $reason }).
    .kept = { -unchanged }
    .next = Tell the operator to choose another name.
error-invalid_entry = I was about to write something that the agents could not read ({ $reason }).
    .kept = { -unchanged }
    .next = This is a fault of mine. Tell the operator.
