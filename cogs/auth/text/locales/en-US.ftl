### What people read in Discord, in English: a Project Fluent file (https://projectfluent.org/fluent/guide/).
### `{ $name }` is filled in by the program, `{ -login }` is a command, and Discord's markup is markup here, too.
### The English names and descriptions of the commands are in commands.py; other languages have them in their own file.

-login = `/auth login`
-complete = `/auth complete`
-status = `/auth status`
-logout = `/auth logout`
-cancel = `/auth cancel`
-use = `/auth use`
-help = `/auth help`
-mcp-add = `/auth mcp add`
-mcp-remove = `/auth mcp remove`

## Accounts

account-title = { $vendor } ({ $label })
account-personal = personal

## Buttons and the form

button-open = Open the login page
button-open-keys = Open the page with the keys
button-paste = Paste it here
button-how = Show me how
button-login = Log in to { $vendor }
button-new-link = Get a new link
button-cancel = Cancel { $vendor }
button-ask-access = Ask for access
button-request = Log in
button-drop-choice = Drop this choice
button-agree-this = Use my account in this thread
button-agree-all = In all threads that I start
button-replace = Replace that login
button-keep = Keep it
button-beside = Store it here, too
button-remove = Remove it here
button-revoke = Also revoke it at the vendor
button-end-person = End everything of { $person }
button-remove-all = Remove everything here
button-revoke-all = Also revoke at the vendors
button-keep-all = Keep everything
form-title = Finish the login
form-field = The address, or the code shown on the page
form-hint = Copy everything in the address bar.
form-field-key = The API key
form-hint-key = It is stored for the agents here. Nobody sees it again.
form-example-key = The key alone, without anything around it
form-example = http://localhost:…/callback?code=…&state=…  or  code#state

## The two steps

login-title = ## Log in to { $vendor }
login-open-button = **{ button-open }**, confirm Discord's link warning, and sign in.
login-open-below = Open the link below, confirm Discord's link warning, and sign in.
login-open-button-keys = **{ button-open-keys }**, confirm Discord's link warning, and make an API key there. Copy it.
login-open-below-keys = Open the link below, confirm Discord's link warning, and make an API key there. Copy it.
login-make-key = Make an API key in your account at { $vendor }, and copy it.
login-paste-key = Come back, press **{ button-paste }**, and paste the key.
login-page-keys = API keys of { $vendor }
login-key-unchecked = I can't ask this vendor whether a key works. Check that you copied all of it.
login-key-expires =
    -# I take the key until { $time } ({ $relative }). A key works like a password. Keep it private.
    -# Or use { -complete }, or send it to me as a DM.
login-last-page-dead = The last page **does not load. That is expected.** Copy its whole address from the address bar. It begins with { CODE($beginning) }.
login-last-page-code = The last page shows a code. Copy all of it, including the part after the `#`.
login-paste = Come back and press **{ button-paste }**.
login-page = Login page of { $vendor }
login-copy-link = -# For another browser, copy this link:
login-link-expires =
    -# The link expires at { $time } ({ $relative }). What you copy works like a password. Keep it private.
    -# Or use { -complete }, or send it to me as a DM.
login-code-type = Check that the page shows this code, or type it there:
login-code-wait =
    -# The code expires at { $time } ({ $relative }). This message updates itself when you are done.
    -# Never approve a code that you did not request yourself.
login-program-paste = If the last page shows a code or does not load, come back and press **{ button-paste }**. Paste the code or the address of that page.
login-program-wait = -# { $vendor }'s own program waits until { $time } ({ $relative }). This message updates itself when you are done.
login-code-expired = ⌛ **The code for { $vendor } has expired.** Nothing was changed. { -new-link }
login-done-program = ✅ **{ $vendor }'s own program says that it is logged in.** The program keeps this login itself. Nothing is stored here.
login-done = ✅ **Logged in to { $vendor }.** { $use }
login-done-as = ✅ **Logged in to { $vendor } as { $account }.** { $use }
login-use-shared = Every agent here uses this login from now on.
login-use-named = Agents use it where they name it, and in threads that choose it with { -use }.
login-use-outside = Agents in threads do not use this login: they use personal accounts. For your own, use { -login } with *Only me* as `account`.
login-use-personal = It is your own account: nobody else here can see it or end it, except operators. Agents get it only in threads where you agree to that: { -use } there, with *Only me* as `account`, asks you once.
login-done-replaced = It replaces the login of { $account }.
login-lacks-project = ⚠️ **This account has no Code Assist project yet.** Set up Gemini Code Assist for it once, or ask the operator to set `GOOGLE_CLOUD_PROJECT` where the agents run.
login-overtaken = ⚠️ **Your login to { $vendor } was not stored:** another login was finished before yours.
login-link-expired = ⌛ **The login link for { $vendor } has expired.** Nothing was changed. { -new-link }
login-link-replaced = There is a newer link for **{ $vendor }**. Use that one.
login-button-expired = ⌛ **This link has expired.** Nothing was changed. { -new-link }
login-cancelled = **Your login to { $vendor } is cancelled.** Its link no longer works.
nothing-changed = Nothing was changed.
login-ended =
    ⚠️ **The login to { $login } has ended.** Agents here can no longer renew it.
    { $reason ->
        [none] Log in again with the button, or with { -login }.
       *[other] Reason: { $reason }. Log in again with the button, or with { -login }.
    }
login-ends =
    ⏳ **The login to { $login } ends { $relative }**, at { $time }, and nothing can renew it.
    Log in again with the button, or with { -login }, before the agents here stop.
login-replaced =
    ℹ️ **{ $who } has replaced your login to { $login }.** Agents here use the new login now.
    You have nothing to do. { -status } shows who is logged in.
variable-ends =
    ⏳ **The token for { $login } in { CODE($variable) } ends { $relative }**, at { $time }, and nothing can renew it.
    Set a new token in the environment, and start the bot and the agents again.
own-login-ended = ⚠️ **Somebody's own login to { $login } has ended.** Only its person can log in again.
own-login-ends = ⏳ **Somebody's own login to { $login } ends { $relative }.** Only its person can log in again.
notice-not-told = I could not tell { $person } by direct message.
notice-nobody-known = Nobody knows who made this login, so I tell you.

risk-tos-risk = ⚠️ **Careful:** this vendor's terms may not allow you to use its login in other tools. The vendor could close the account.
risk-experimental = ⚠️ **Careful:** this login is experimental and may stop working at any time.
vendor-note = ℹ️ { $note }
login-other-host = ⚠️ **Careful:** { CODE($host) } will receive the token of an account at { CODE($issuer) }. Log in only if you trust { CODE($host) } with that account.

replace-question = **{ $who } is logged in to { $login }.**
    Your login would replace it for every agent. Nothing changes until you have finished.

beside-stored = ⚠️ **Your login to { $vendor } was not stored:** its account is already stored { $logins ->
        [none] under another login here.
       *[other] as { $logins }.
    }
beside-question = If one of these logins is revoked, the other may end, too. At some vendors a new login ends the older one.
    To have both, press **{ button-beside }** and log in once more.

how-dead =
    ## Copy the address
    1. The last page does not load. That is expected: you only need its address.
    2. Select the whole address at the top of the browser and copy it. On a phone, tap the address first.
    3. Back in Discord, press **{ button-paste }** and paste it.
how-code =
    ## Copy the code
    1. The last page shows a code, often with a button to copy it.
    2. Copy all of it, both sides of the `#`.
    3. Back in Discord, press **{ button-paste }** and paste it.
picture-desktop = On a computer: the page does not load. Ctrl+L or ⌘+L selects its address, Ctrl+C or ⌘+C copies it, Ctrl+V or ⌘+V pastes it into the form in Discord.
picture-phone = On a phone: the page does not load. Tap the address at the top, choose copy, and paste it into the form in Discord.
picture-code = The page shows a code with a button to copy it. Both sides of the # are copied and pasted into the form in Discord.

## Logout

logout-question = **Log out of { $login }?**
logout-remove = - **{ button-remove }**: agents here stop using it. It stays valid at the vendor.
logout-revoke = - **{ button-revoke }**: it ends everywhere, on other machines too.
logout-cannot-revoke = - The vendor offers no way to revoke it from here. You can end it on the security page of the account.
logout-shared = - The same vendor account is also stored as { $logins }. Revoking may end that login, too.
logout-shared-personal = - Somebody's personal login uses the same vendor account. Revoking may end that login, too.
logout-shadowed = - { CODE($variable) } is set for the agents here. They keep using that, whatever you choose.
logout-removed = **The login to { $vendor } is removed here.** It is still valid at the vendor.
logout-revoked = **The login to { $vendor } is revoked at the vendor and removed here.**
logout-nothing = **There was no login to { $vendor } to remove.**
logout-newer-login-kept = **Nothing was removed.** Somebody made a newer login to { $vendor } in the meantime, and it stays.
logout-earlier-login-revoked = The earlier login is revoked at the vendor.
logout-not-revoked = I could not revoke it at the vendor{ $note ->
        [none] {""}
       *[other] : { $note }
    }.
logout-tokens-left = A file on this bot's disk may still contain the tokens of this login. Ask the operator to remove it.

## Everything of one person, for operators

person-question = **End everything that { $who } has here?** Their id is { CODE($user) }.
person-login = - { $login }
person-pending = - { $vendor }: a login that is not finished yet
person-records = - their choices of their own accounts, and their agreements, in threads
person-more = - … and { $count } more
person-remove = **{ button-remove-all }**: agents here stop using it. The logins stay valid at the vendors.
person-revoke = **{ button-revoke-all }**: the logins also end everywhere, on other machines too.
person-cannot-revoke = Not revoked, because the vendor offers no way: { $logins }.
person-shared = Not revoked, because the same vendor account is also stored for others: { $logins }.
person-shared-stay = Shared logins stay, also those that this person made.
person-changed = **Something has changed since I asked. Nothing has ended yet.**
person-ended = **Everything that { $who } had here has ended.**
person-ended-pending = { $count ->
        [one] One unfinished login is cancelled.
       *[other] { $count } unfinished logins are cancelled.
    }
person-ended-records = Their choices and agreements in threads have ended.
left-person = 👋 **{ $who } has left { $guild }** and is in no other server that I am in. Their id is { CODE($user) }.
left-tell = { $logins ->
        [0] {""}
        [one] One personal login of theirs is still here, and agents can go on using it.{" "}
       *[other] { $logins } personal logins of theirs are still here, and agents can go on using them.{" "}
    }{ $pending ->
        [0] {""}
        [one] One login of theirs is not finished yet.
       *[other] { $pending } logins of theirs are not finished yet.
    }
left-ended = Everything that they had here has ended: { $logins ->
        [one] one personal login
       *[other] { $logins } personal logins
    }, unfinished logins, choices and agreements. Nothing was revoked at the vendors.
left-failed = ⚠️ Not everything that they had here could be ended.
left-made = They made these shared logins, which stay: { $logins }. To end one, use { -logout }.

person-at-console = Someone at the console
unknown-person = An unknown person
login-with-account = { $login } ({ $account })

## Status

status-title = ## Logins
status-nothing = Nobody is logged in to { $vendor }. Start with { -login }.
status-empty = Nobody is logged in yet. Start with { -login }.
status-login = { $mark } **{ $title }**: { $state }
status-token-renews = token renews { $time }
status-token-expires = token expires { $time }
status-token-lasting = token does not expire
status-logged-in = logged in { $time }
status-logged-in-by = logged in { $time } by { $who }
status-other-host = { CODE($host) } receives the token of an account at { CODE($issuer) }
status-shadowed = ⚠️ not used while { CODE($variable) } is set
status-server = at { $host }
status-limited = ⏸️ limited by its vendor; ends { $time }
status-renewal-failed = ⚠️ renewal failed { $time }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }; next try: { $then }
status-scopes = scopes requested: { $asked }; granted: { $granted }
status-missing-scopes = ⚠️ agents need more scopes: { $scopes }. { $todo }
remedy-log-in = Log in again with { -login }.
remedy-widen = Ask the operator to add them to `scopes` in { CODE($table) }. Then log in again with { -login }.
remedy-grant = They were requested but not granted. Ask the people who run the server to grant them to this account.
status-pending = ⏳ **{ $vendor }**: link expires { $time }
status-environment = 🔑 **{ $vendor }**: uses { CODE($variable) } from the bot's environment; nothing is stored
status-problems =
    🔧 **For the operator:** { $count ->
        [one] one problem to repair.
       *[other] { $count } problems to repair.
    } `openab-auth doctor` says how.
status-more = … and { $count } more. `openab-auth status` shows them all.
state-ok = logged in
state-expiring = logged in, renews soon
state-expired = logged in, renews at the next use
state-dead = ended by the vendor; log in again
state-not-renewable = expired; log in again
never = never

## MCP servers that people add

server-added = ✅ **{ $vendor } is added.** Everyone who may use { -login } here can now log in to it. Use that command, or the button.
server-added-before = ℹ️ **{ $vendor } was added before**, with this same address. Nothing was changed.
server-host =
    Agents will send its tokens to { CODE($host) }. Log in only if you trust the people who run it.
    -# Its address: { CODE($address) }
server-removed = **{ $server } is removed.** Nobody can log in to it from here any more.

## Autocompletion

choice-logged-in = logged in
choice-not-logged-in = not logged in
choice-log-in-again = log in again
choice-tos-risk = ⚠ terms may forbid it
choice-experimental = ⚠ experimental
choice-none-not-allowed = You can't log agents in yet. /auth help says whom to ask
choice-none-unreadable = The logins can't be read right now; ask the operator
choice-none-offered = No vendor is offered here yet; ask the operator
choice-none-pending = No login is waiting; start with /auth login
choice-none-logins = Nobody is logged in yet
choice-account-shared = For everyone here
choice-account-own = Only me
choice-account-of = Personal, of { $person }
choice-account-new = New account: { $label }
choice-none-servers = There is no server here that you added

## Access

access-request =
    🙋 { $who } asks to log agents in{ $guild ->
        [none] {""}
       *[other] {" "}in the server with the id { CODE($guild) }
    }.
    To allow it, add the id { CODE($user) } to `allowed_users` in the config, or give the person an allowed role. Then restart the bot.
access-asked = **The operators have your request.** They decide; I can't tell you when.
access-asked-before = **You have asked already.** You can ask again tomorrow.
access-not-asked = **I could not reach the operators.** Try again later, or write to them yourself.
access-there = **You can log agents in.** Start with { -login }.

## Threads

use-chosen = ✅ **Agents in this thread use { $account }.**
use-not-logged-in = Nobody is logged in to { $account } yet, and agents in this thread use no other account of this vendor. Start with { -login }.
use-agree =
    Agents do not get it yet, because it is your own account: whoever writes in the thread can let them work with it. Where may they use it?
use-not-here = Use this command in a thread. It chooses the account that the agents in that thread use.
thread-title = ## In this thread
thread-none = Agents in this thread have no account yet. Start with { -login }.
thread-because-thread = **{ $account }**: chosen in this thread
thread-because-personal = **{ $account }**: the own account of the person who started the thread
thread-because-shared = **{ $account }**: the default for everyone here
thread-because-named = **{ $account }**: named by the agent
thread-lacks-login = { $line }; nobody is logged in to it
thread-agree-own = ⚠️ **{ $account }**: you have not agreed that agents in this thread use it
thread-agree-other = ⚠️ **{ $account }**: its person has not agreed that agents in this thread use it
thread-problem = ⚠️ **{ $account }**: { $problem }
thread-cannot-write =
    ⚠️ **I cannot write in this thread when its agents need a login.** Give me { $missing ->
        [view] *View Channels*
        [send] *Send Messages in Threads*
       *[both] *View Channels* and *Send Messages in Threads*
    }.

## Requests: a message that everybody in the thread reads

request-needs = 🔑 **An agent in this thread needs a login to { $account }.** Press the button to log in; only you see the steps.
request-needs-own = 🔑 **An agent in this thread needs { $person }'s own login to { $account }.** Only this person can press the button; nobody else sees the steps.
request-elsewhere = The thread is { $thread }. I cannot write there: give me *View Channels* and *Send Messages in Threads*.
request-limited = -# The vendor limits { $account }; that ends { $relative }, at { $time }.
request-reason =
    The agent says:
    > { $reason }
request-answered = ✅ **The login to { $account } is there.** The agents go on by themselves.
request-answered-by = ✅ **{ $person } has logged in to { $account }.** The agents go on by themselves.
request-unanswered = **Nobody has logged in to { $account } within a day.** An agent that still needs the login asks again.
request-over = **No agent waits for this login any more.** Nothing was changed. { -status } shows who is logged in.
request-not-yours = **This agent needs another person's own account.** Nothing was changed; only that person can log in to it.
request-agree = **An agent in this thread needs your own account.** Whoever writes in the thread can let the agents work with it. Where may they use it? Then press *Log in* again.

## Help

help-title = ## Log coding agents in, from Discord
help-introduction = An agent here works with an account at a vendor, such as Claude. You sign in once, in your own browser, and every agent here can use that login. I never see your password.
help-not-allowed = **You can't log agents in yet.** { $happened } { $next }
help-no-logins = **Nobody is logged in yet.** Start with { -login }: open the link, sign in, and paste the address of the last page. It takes a minute.
help-number-of-logins = **{ $count ->
        [one] There is one login here.
       *[other] There are { $count } logins here.
    }** { -login } adds or replaces a login. { -status } shows them.
help-logins-unreadable = **The logins can't be read right now.**
help-commands =
    - { -login } gives you the link. Paste what you copied with the button, with { -complete }, or in a DM to me.
    - { -status } shows who is logged in where. { -cancel } cancels a login that you started.
    - { -logout } removes a login. It also revokes the login at the vendor if you choose that.
    - { -use } in a thread chooses the account that its agents use.
help-servers = - { -mcp-add } adds an MCP server. { -mcp-remove } removes a server that you added.
help-privacy = -# Only you see my answers. An address or a code that you paste is used once and not stored; an API key is stored for the agents. Your id is { $user }.

## Direct messages

dm-card = Your login message shows what happened.
dm-delete-paste = **Please delete your message now.** What you pasted works like a password, and I can't delete it for you.
dm-hint = I only log agents in. Use { -login }, then paste what you copied here. { -help } tells you more.

## What can go wrong: what happened, what was kept, what to do next. The key has the error's `code`, and its `reason`
## if one code has several mistakes. The values are the error's own fields.

failure =
    ❌ **{ $happened }**
    { $kept }
    Next: { $next }
failure-incident = -# For the operator: { CODE($incident) }
incident = Give the operator this id: { CODE($incident) }. The log explains it.
unexpected-failure =
    ❌ **Something went wrong on my side.**
    Try again. If it happens again, give the operator this id: { CODE($incident) }

-unchanged = Nothing was changed.
-still-waits = You can still finish this login.
-older-untouched = An earlier login, if there was one, is unchanged.
-copy-all = Copy the whole address of the last page from the address bar, and paste it.
-copy-key = Copy the key alone, and paste it.
-new-link = Get a new link with { -login }.

error-not_allowed-bot = Bots can't use this.
    .kept = { -unchanged }
    .next = Ask a person to do it.
error-not_allowed-direct_message = This is switched off in direct messages.
    .kept = { -unchanged }
    .next = Use the command in a server that I am in.
error-not_allowed-not_listed = You are not on the list of people who may log agents in.
    .kept = { -unchanged }
    .next = Ask this bot's operator to add your id { $user } to `allowed_users`.
error-not_allowed-no_role = Neither you nor any of your roles is on the list of people who may log agents in.
    .kept = { -unchanged }
    .next = Ask this bot's operator to add your id { $user } to `allowed_users`, or to give you an allowed role.
error-not_allowed-roles_hidden = You are not on the list of people who may log agents in, and I can't see your roles in a direct message.
    .kept = { -unchanged }
    .next = If you have an allowed role, use the command in the server. Otherwise, ask this bot's operator to add your id { $user } to `allowed_users`.
error-not_allowed-unknown = Discord did not tell me whether you still have an allowed role.
    .kept = This login has ended and was not stored.
    .next = { -new-link }
error-not_allowed-not_yours = { $owner } made this login, not you.
    .kept = It is unchanged.
    .next = Ask them to log out, or ask an operator of this bot.
error-not_allowed-not_known = This login was made at the console, or I don't know who made it.
    .kept = It is unchanged.
    .next = Ask an operator of this bot to log out.
error-not_allowed-not_your_server = { $owner } added this server, not you.
    .kept = It is still there.
    .next = Ask them to remove it, or ask an operator of this bot.
error-not_allowed-not_your_account = This is another person's own account.
    .kept = It is unchanged.
    .next = Use a shared account, or your own: choose *Only me* as `account`.
error-not_allowed-not_operator = Only operators who are listed in `operators` may end what another person has here.
    .kept = { -unchanged }
    .next = Ask one of them.
error-too_many_attempts = You have tried { $limit } times within a minute.
    .kept = { -unchanged }
    .next = Wait { $retry_after } seconds, then try again.
error-closing = I am restarting.
    .kept = { -unchanged }
    .next = Try again in a minute.
error-link_too_long = The login link for { $vendor } has { $length } characters, more than a Discord message can hold.
    .kept = { -unchanged }
    .next = Ask the operator to request fewer scopes, or to log in with `openab-auth login`.
error-name_too_long = This name is too long for a Discord button.
    .kept = { -unchanged }
    .next = Ask the operator to use `openab-auth login` or `openab-auth logout`.

error-not_logged_in = Nobody is logged in to { $tenant }.
    .kept = { -unchanged }
    .next = { -login } starts a login. { -status } shows all logins.
error-not_logged_in-person = There is nothing of this person here: no personal login, and none that is not finished yet.
    .kept = { -unchanged }
    .next = { -status } shows all logins.
error-login_dead = The login to { $tenant } has ended{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }.
    .kept = Nothing was removed.
    .next = Log in again with { -login }.
error-login_taken = Another person is logged in to { $tenant }.
    .kept = Their login is unchanged.
    .next = { -login } asks whether you want to replace it.
error-login_overtaken = Another person logged in to { $tenant } while you were logging in.
    .kept = Their login is unchanged. Yours was not stored.
    .next = { -login } asks whether you want to replace it.
error-account_stored = The account of your login to { $tenant } is already stored under another login here.
    .kept = That login is unchanged. Yours was not stored.
    .next = Log in with another account.
error-reserved_login = { $tenant } is the login of openab itself.
    .kept = It is unchanged.
    .next = Only openab can end it.
error-label = No account of { $vendor } can have the label { $label }.
    .kept = { -unchanged }
    .next = A label has 1 to 32 of a-z, 0-9, ".", "_" and "-", and begins with a letter or digit; the words me, shared and new mean something else.
error-nobody_meant = I do not know whose own account of { $vendor } you mean.
    .kept = { -unchanged }
    .next = Use { -login } in Discord, where I know who you are.
error-programs_only_account = { $vendor } keeps one login in its own program, and every agent here uses it. There can be no other account.
    .kept = { -unchanged }
    .next = To log in for everyone here, leave out the account.
error-no_account_for_thread = Agents in this thread use only personal accounts, and I do not know who started it.
    .kept = { -unchanged }
    .next = Choose an account in the thread with { -use }.
error-not_agreed = The person of { $tenant } has not agreed that it serves this thread.
    .kept = { -unchanged }
    .next = That person agrees with { -use } in the thread.
error-account_not_for_thread = Agents in this thread may not use { $tenant }{ $person ->
        [none] , because they use only personal accounts.
       *[other] , because it belongs to another person.
    }
    .kept = { -unchanged }
    .next =
        { $person ->
            [none] Choose your own account: *Only me* as `account`.
           *[other] Choose another account with { -use }.
        }
error-not_thread_owner = Only the person who started this thread, or an operator, chooses its accounts.
    .kept = The choice is unchanged.
    .next = Ask that person.
error-login_changed = The login to { $tenant } has changed since I asked you.
    .kept = The current login is unchanged.
    .next = { -status } shows it. To end it, use { -logout } again.
error-person_changed = The logins of this person have changed since I asked you.
    .kept = { -unchanged }
    .next = Ask again with the button in { -status }.
error-refresh_busy = The login to { $tenant } is being renewed, and this takes longer than usual.
    .kept = The login is unchanged.
    .next = Try again in a moment.
error-unknown_vendor =
    { $offered ->
        [none] No vendor is offered here yet.
       *[other] { $vendor } is not offered here.
    }
    .kept = { -unchanged }
    .next =
        { $offered ->
            [none] The operator has to offer a vendor first: `vendors` under `[auth]` in the config.
           *[other] Choose one of these: { $offered }.
        }
error-vendor_unavailable = { $vendor } is not answering properly right now.
    .kept =
        { $asked ->
            [code] { $processed ->
                [yes] { -older-untouched }
               *[no] { -still-waits }
            }
           *[other] { -unchanged }
        }
    .next =
        { $asked ->
            [code] { $processed ->
                [yes] { -new-link }
               *[no] { $operators ->
                    [yes] Tell the operator: { $todo }.
                   *[no] { $retry_after ->
                        [none] Wait a moment, then paste the same thing again.
                       *[other] Wait { $retry_after } seconds, then paste the same thing again.
                    }
                }
            }
           *[other] Try again in a moment.
        }
error-key_unchecked = I could not check this key, because { $vendor } is not answering properly right now. I did not store it.
    .kept = { -still-waits }
    .next = Wait a moment, then paste the same key again.
error-network_variable = I can't reach any vendor right now: a setting of the machine that I run on is wrong.
    .kept = { -unchanged } If a login was waiting for your paste, it still waits.
    .next = Tell the operator: { CODE($variable) } can't be used. My log and `openab-auth doctor` say why.
error-vendor_misconfigured = { $vendor } does not accept this bot's configuration{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }.
    .kept =
        { $still_waits ->
            [yes] { -still-waits }
           *[no] { -older-untouched }
        }
    .next = Tell the operator: { $todo }.
error-secret_missing = Nobody can log in to { $vendor } here yet, because its client secret is missing.
    .kept = { -unchanged }
    .next =
        { $variable ->
            [none] Tell the operator: `openab-auth vendors` says what to set.
           *[other] Tell the operator: set { CODE($variable) }. `openab-auth vendors` says more.
        }
error-client_missing = This bot is not registered at { $vendor } yet{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }.
    .kept = { -older-untouched }
    .next =
        Tell the operator: register a client at { $issuer } with the redirect { CODE($redirect_uri) }{ $scopes ->
            [none] {""}
           *[other] {" "}and the scopes { $scopes }
        }. Then write its `client_id` into { CODE($table) } in the config.
error-server_unusable = Nobody can log in to { $vendor } right now{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }.
    .kept = { -older-untouched }
    .next = Tell the operator: { $todo }.
error-exchange_refused = The code for { $vendor } has expired, or it was used before.
    .kept = { -older-untouched }
    .next = { -new-link }
error-risk_not_accepted = { $vendor } is not offered here: its login is marked { $risk }.
    .kept = { -unchanged }
    .next = The operator can accept this risk: `accept_risk` under `[auth]` in the config.
error-no_login = You can't log in to { $vendor } from here.
    .kept = { -unchanged }
    .next =
        { $note ->
            [none] Tell the operator: set { $variables } where the agents run.
           *[other] { $note } Tell the operator: set { $variables } where the agents run.
        }
error-plan_missing = { $vendor } does not accept this account{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }.
    .kept = { -older-untouched }
    .next = Give the account a seat or a plan at the vendor, or log in with another account. { -new-link }
error-program_failed =
    The login program of { $vendor } { $status ->
        [none] took too long, so I stopped it.
       *[other] ended without a login (status { $status }).
    }
    .kept = This login has ended. The program keeps what it stored earlier.
    .next =
        { $said ->
            [none] { -new-link }
           *[other] Its last message: { $said }. { -new-link }
        }
error-program_waits = The login program of { $vendor } got your paste and is still waiting.
    .kept = { -still-waits }
    .next =
        { $said ->
            [none] Paste what the program asks for, or cancel the login with { -cancel }.
           *[other] Its last message: { $said }. Paste what the program asks for, or cancel the login with { -cancel }.
        }
error-login_denied = The login to { $vendor } was declined.
    .kept = This login has ended. { -older-untouched }
    .next = { -new-link }
error-login_expired = The code for { $vendor } expired before you approved it.
    .kept = This login has ended. { -older-untouched }
    .next = { -new-link }
error-login_not_stored = You are logged in at { $vendor }, but I could not store the login yet. { $why }
    .kept = I keep it in memory, and I store it as soon as I can.
    .next = Check { -status } later. If the login is not there, start again with { -login }.
error-too_many_accounts = You have logged in to { $limit } accounts with a label. That is the most for one person.
    .kept = { -unchanged }
    .next = End a login that nobody needs with { -logout }.
error-too_many_logins = You have started { $limit } logins and finished none of them.
    .kept = You can still finish them.
    .next = Finish a login, or cancel a login with { -cancel }.
error-too_many_wait = Too many logins are waiting here right now.
    .kept = { -unchanged }
    .next = Try again in 15 minutes. Logins that nobody finishes expire by then.
error-no_pending_login = No login is waiting for this. The login was never started, is already over, or is older than 15 minutes.
    .kept = { -unchanged }
    .next = { -new-link }
error-which_login = You have started several logins: { $vendors }.
    .kept = You can still finish them.
    .next = Choose a `vendor` in { -complete } or { -cancel }.

error-server_not_added-off = Adding servers is switched off here.
    .kept = { -unchanged }
    .next = Ask the operator to add the server under `[mcp]` in the config.
error-server_not_added-name = A server can't have this name.
    .kept = { -unchanged }
    .next = Use at most 32 letters, digits, `.`, `_` and `-`.
error-server_not_added-taken = The name { $server } is already taken.
    .kept = { -unchanged }
    .next = Choose another name. { -login } lists the names in use.
error-server_not_added-address = This can't be a server's address: it { $said }.
    .kept = { -unchanged }
    .next = Use the https address from the server's documentation.
error-server_not_added-login = { $server } already holds a login from a different server.
    .kept = { -unchanged }
    .next = Choose another name, or end that login first with { -logout }.
error-server_not_added-full = { $limit } servers have been added already.
    .kept = { -unchanged }
    .next = Remove a server that nobody needs with { -mcp-remove }.
error-server_not_removed-unknown = Nobody has added a server with this name.
    .kept = { -unchanged }
    .next = Choose a name from the list that appears while you type.
error-server_not_removed-login = There is still a login to { $server }.
    .kept = { -unchanged }
    .next = Log out first with { -logout }.

error-paste_refused-empty = Your paste is empty.
    .kept = { -still-waits }
    .next = { -copy-all }
error-paste_refused-too_long = This text is too long to be the address of the last page.
    .kept = { -still-waits }
    .next = Copy only the address of the last page, from the address bar.
error-paste_refused-control_characters = This text was damaged: it contains invisible control characters.
    .kept = { -still-waits }
    .next = Copy it from the browser's address bar, not from a terminal or a log.
error-paste_refused-not_understood = This text contains neither the address of the last page nor a code.
    .kept = { -still-waits }
    .next = First open the link and sign in. { -copy-all } The page does not have to load.
error-paste_refused-no_code = This address has no code. It is not the address of the last page, or it is incomplete.
    .kept = { -still-waits }
    .next = Finish signing in. { -copy-all } Include everything after the `?`.
error-paste_refused-bare_code = This has a code, but not the part that says which login it belongs to (the state).
    .kept = { -still-waits }
    .next = { -copy-all } If the page shows code#state, copy both sides of the `#`.
error-paste_refused-doubled = This text contains two addresses, or one part of the address twice.
    .kept = { -still-waits }
    .next = Paste one address, once.
error-paste_refused-authorize_link = This is the link that you opened, not the address of the last page.
    .kept = { -still-waits }
    .next = Open that link in a browser and sign in. { -copy-all }
error-paste_refused-token_or_key = This is an access token or an API key, not the address. It was neither used nor stored.
    .kept = { -still-waits }
    .next = Others may have seen it. Revoke it at the vendor now, and delete the message that contains it. Then paste the address of the last page.
error-paste_refused-other_redirect = This address is not the last page of this login.
    .kept = { -still-waits }
    .next = Use the newest link to finish signing in. { -copy-all }
error-paste_refused-foreign_state = This address is from a different login, or it is incomplete.
    .kept = { -still-waits }
    .next = Copy the whole address, to its very end, and paste it. If it is refused again: { -new-link }
error-paste_refused-cut_off = The end of this address is missing. I did not send the code anywhere.
    .kept = { -still-waits }
    .next = Copy the whole address, to its very end, and paste it.
error-paste_refused-other_issuer = This address comes from a different server than this vendor's. I did not send the code anywhere.
    .kept = { -still-waits }
    .next = { -new-link } Open only that link.
error-paste_refused-no_issuer = This address does not name the server that it comes from, but this vendor's addresses always do. I did not send the code anywhere.
    .kept = { -still-waits }
    .next = Copy the whole address, to its very end, and paste it. If it is refused again: { -new-link }
error-paste_refused-not_a_key = This is not an API key, or there is more in it than one key. I did not send it anywhere.
    .kept = { -still-waits }
    .next = { -copy-key }
error-paste_refused-address_not_key = This is an address, not an API key. I did not send it anywhere.
    .kept = { -still-waits }
    .next = Make a key on the vendor's page. { -copy-key }
error-paste_refused-other_vendors_key = The name of its variable says that this key is for something else. I did not send it anywhere.
    .kept = { -still-waits }
    .next = Make a key on this vendor's page. { -copy-key }
error-paste_refused-key_refused = The vendor does not accept this key. I did not store it.
    .kept = { -still-waits }
    .next = Copy the key again, or make a new one, and paste it. If it is another vendor's key, revoke it there: this vendor has seen it now.
error-paste_refused-denied =
    { $ends_login ->
        [yes] { $said ->
            [none] The login was declined at the vendor.
           *[other] The login was declined at the vendor. It said: { $said }.
        }
       *[no] This address reports an error. I can't tell whether it belongs to this login.
    }
    .kept =
        { $ends_login ->
            [yes] This login has ended. { -older-untouched }
           *[no] { -still-waits }
        }
    .next =
        { $ends_login ->
            [yes] { -new-link }
           *[no] Continue with the newest link. If the error came from there: { -new-link }
        }

error-store_unreadable = The store of the logins could not be read: { error-store_unwritable.because }
    .kept = { -unchanged }
    .next = { error-store_unwritable.repair }
error-store_unwritable = The store of the logins could not be written: { error-store_unwritable.because }
    .kept = The store is unchanged.
    .next = { error-store_unwritable.repair }
    .because =
        { $fault ->
            [mounted-alone] it is mounted by itself, so it can't be replaced.
            [no-locks] its disk has no locks, so two programs could spoil a login.
            [no-modes] its disk can't keep it from other users.
            [protected] the system protects it.
            [no-rights] the bot has no right to it.
            [disk-full] the disk is full.
            [quota-full] the bot's share of the disk is full.
            [read-only] its disk is read-only.
            [stale] its file server can't be reached.
            [too-many-files] too many files are open.
            [name-too-long] its name is too long.
            [link] its path is a symbolic link that leads nowhere.
            [no-folder] its folder is missing.
            [not-a-file] it is not a file.
            [too-large] it may not grow any further.
            [disk-broken] the disk has failed.
            [unsupported] its disk can't do what is needed.
            [database-silent] the database doesn't answer.
            [database-away] the database can't be reached.
            [database-restarting] the database is starting or stopping.
            [database-refused] the database refuses the bot's role.
            [no-store] nobody has made a store in the database.
            [database-rights] the bot's role in the database lacks a right.
            [database-connections] the database takes no more connections.
            [database-full] the disk of the database is full.
            [database-read-only] the database is read-only.
            [database-broken] the database has a fault.
            [old-schema] the tables in the database are older than the bot.
            [new-schema] the tables in the database are newer than the bot.
           *[other] it can't be used.
        }
    .repair =
        { $fault ->
            [mounted-alone] Tell the operator: mount the folder of the file, not the file.
            [no-locks] Tell the operator: move the file to a disk with locks, for example a local one.
            [no-modes] Tell the operator: move the file to a disk with file modes, or mount its disk for the bot alone.
            [protected] Tell the operator: `lsattr` shows what protects the file, and `doctor` says more.
            [no-rights] Tell the operator: give the bot the right to read and write the file and its folder.
            [disk-full] Tell the operator: free some disk space or some inodes, then try again.
            [quota-full] Tell the operator: raise the bot's quota, or delete some of its files. Then try again.
            [read-only] Tell the operator: make the disk writable, or move the file.
            [stale] Tell the operator: mount the file server again, then restart the bot.
            [too-many-files] Tell the operator: raise the limit of open files, then restart the bot.
            [name-too-long] Tell the operator: choose a shorter path for the file.
            [link] Tell the operator: give the bot the path that the link points to.
            [no-folder] Tell the operator: correct the path of the file.
            [not-a-file] Tell the operator: remove what is in its place, and mount its folder, not the file.
            [too-large] Tell the operator: raise the limit on the size of files, then restart the bot.
            [disk-broken] Tell the operator: check the disk, and save a copy of the file.
            [unsupported] Tell the operator: move the file to a local disk.
            [database-silent] Try again in a minute. If it lasts, tell the operator: look at the database's host.
            [database-away] Try again in a minute. If it lasts, tell the operator: start the database.
            [database-restarting] Try again in a minute.
            [database-refused] Tell the operator: correct the role or its password.
            [no-store] Tell the operator: run `openab-auth store init`.
            [database-rights] Tell the operator: run `openab-auth store init --grant ROLE`.
            [database-connections] Try again in a minute. If it lasts, tell the operator: allow more connections.
            [database-full] Tell the operator: free some disk space on the database's host.
            [database-read-only] Tell the operator: give the bot the address of the primary server.
            [database-broken] Tell the operator: look at the log of the database, and check its disk.
            [old-schema] Tell the operator: run `openab-auth store init`, which migrates the tables.
            [new-schema] Tell the operator: upgrade the bot.
           *[other] Tell the operator. Until it is repaired, nobody can log in.
        }
error-servers_unwritten = The list of added servers could not be written: { error-store_unwritable.because }
    .kept = The list is unchanged. If you were removing a server, the unfinished logins to it have ended.
    .next = { error-store_unwritable.repair }
error-store_closed = This store of logins is closed: it may be a copy of another one.
    .kept = { -unchanged }
    .next = Tell the operator: `openab-auth doctor` says why.
error-commit_unknown = The connection to the database was lost while your change was saved.
    .kept = It was saved as a whole, or not at all.
    .next = Look with `/auth status` whether it is there, and try again if it isn't.
error-unknown_store_key = The bot lacks a key for the store of the logins.
    .kept = { -unchanged }
    .next = Tell the operator: `openab-auth doctor` names the missing key.
error-wrong_store_key = The bot has a wrong key for the store of the logins.
    .kept = { -unchanged }
    .next = Tell the operator: `openab-auth doctor` names the wrong key.
error-store_busy = Another program has locked the logins for more than { $waited } seconds.
    .kept = { -unchanged }
    .next = Try again. If it happens again, tell the operator.
error-invalid_tenant = { $tenant } can't be the name of a login.
    .kept = { -unchanged }
    .next = Tell the operator to choose another name.
error-invalid_entry = I almost wrote something that agents could not read.
    .kept = { -unchanged }
    .next = Give the operator the id below.
