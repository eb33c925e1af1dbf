### Discord 上給人看的文字，正體中文（台灣）。語法見 en-US.ftl 開頭的說明。
### What people read in Discord, in Traditional Chinese (Taiwan); en-US.ftl explains the format at its top.

-login = `/auth 登入`
-complete = `/auth 完成`
-status = `/auth 狀態`
-logout = `/auth 登出`
-cancel = `/auth 取消`
-use = `/auth 使用`
-help = `/auth 說明`
-mcp-add = `/auth mcp 新增`
-mcp-remove = `/auth mcp 移除`

## Commands: names and descriptions, as Discord shows them

command-auth = auth
    .description = 讓代理程式登入各家供應商
command-auth-login = 登入
    .description = 讓代理程式登入：取得登入連結
command-auth-login-vendor = 供應商
    .description = 代理程式要使用哪一家的帳號
command-auth-login-account = 帳號
    .description = 大家共用、只有您自己，或另一個帳號的標籤；不填就是大家共用
command-auth-complete = 完成
    .description = 完成登入：貼上瀏覽器最後停留的網址
command-auth-complete-redirect = 網址
    .description = 最後一頁的完整網址、頁面上顯示的代碼，或 API 金鑰
command-auth-complete-vendor = 供應商
    .description = 要完成哪一個登入；只有一個在等待時可以不填
command-auth-complete-account = 帳號
    .description = 這一家的哪一個帳號
command-auth-status = 狀態
    .description = 目前登入了哪些帳號，以及您還有哪些登入尚未完成
command-auth-status-vendor = 供應商
    .description = 只看這一家的登入
command-auth-status-account = 帳號
    .description = 只看這個帳號
command-auth-logout = 登出
    .description = 移除登入，也可以一併向供應商撤銷
command-auth-logout-vendor = 供應商
    .description = 要結束哪一個登入
command-auth-logout-account = 帳號
    .description = 這一家的哪一個帳號
command-auth-cancel = 取消
    .description = 放棄您已開始但還沒完成的登入
command-auth-cancel-vendor = 供應商
    .description = 要取消哪一個登入；只有一個在等待時可以不填
command-auth-cancel-account = 帳號
    .description = 這一家的哪一個帳號
command-auth-use = 使用
    .description = 選擇這個討論串裡的代理程式使用哪個帳號
command-auth-use-vendor = 供應商
    .description = 哪一家的帳號
command-auth-use-account = 帳號
    .description = 哪一個帳號；不填會顯示目前的選擇，也可以取消它
command-auth-help = 說明
    .description = 這是什麼，以及該找誰幫忙
command-auth-mcp = mcp
    .description = 這裡可以登入的 MCP 伺服器
command-auth-mcp-add = 新增
    .description = 新增 MCP 伺服器，讓這裡的每個人都能登入
command-auth-mcp-add-name = 名稱
    .description = 要怎麼稱呼它，請與代理程式自己的設定一致
command-auth-mcp-add-url = 網址
    .description = 伺服器的 https 網址
command-auth-mcp-remove = 移除
    .description = 移除您新增的 MCP 伺服器
command-auth-mcp-remove-name = 名稱
    .description = 要移除哪一個伺服器；請先登出

## The notes of the vendors that we ship; their English is in oauth/vendors/vendors.toml

note-claude = Anthropic 的文件說明，訂閱帳號的登入是供 Claude Code 與其自家的其他應用程式使用（code.claude.com/docs/en/legal-and-compliance）；claude-code 會用 Anthropic 自己的程式登入。
note-claude-code = Claude Code 用自己的程式登入，並自行保管登入；只有 Claude Code 會讀取它。
note-codex-device = 必須先在 ChatGPT 帳號的安全性設定中開啟以代碼登入。
note-codex-cli = Codex 用自己的程式登入，並自行保管登入；只有 Codex 會讀取它。必須先在 ChatGPT 帳號的安全性設定中開啟以代碼登入。
note-copilot = 帳號需要有 Copilot 授權名額；要結束登入請到 github.com/settings/applications。
note-gemini = 自 2026 年 6 月起，Google 只接受有 Gemini Code Assist Standard 或 Enterprise、以及啟用它的 Google Cloud 專案的帳號；其他帳號需要 API 金鑰。
note-gemini-cli = Gemini CLI 用自己的程式登入，並自行保管登入；只有 Gemini CLI 會讀取它。Google 只接受有 Gemini Code Assist Standard 或 Enterprise 的登入；必須先在它的設定中選擇這種登入（docs/reference/vendors.md）。
note-agy = 據報 Google 會停用在其他工具使用 Antigravity 登入的帳號（見 openab 的決策紀錄）。
note-kiro = 只有登入：Kiro 的推論協定並未公開（見 openab 的決策紀錄）。可以用 flow = command 驅動它自己的程式。
note-mimocode = 目前沒有已知的公開 OAuth 登入：這裡的登入使用供應商平台的 API 金鑰。
note-cursor = Cursor 自己的登入只供 Cursor 自己的程式使用（見 openab 的決策紀錄）：這裡的登入使用 API 金鑰。若要用它自己的程式，請設定 flow = command 與 command = [cursor-agent, login]。
note-opencode = 有自己儲存區的代理程式介面，由它自己的程式寫入；其他代理程式看不到那個登入。
note-hermes = 有自己儲存區的代理程式介面，由它自己的程式寫入；其他代理程式看不到那個登入。
note-pi = 沒有登入指令的代理程式介面；請用 `openab-auth exec` 啟動，它會交給它另一家供應商的權杖。

## Accounts

account-title = { $vendor }（{ $label }）
account-personal = 個人

## Buttons and the form

button-open = 開啟登入頁面
button-open-keys = 開啟金鑰頁面
button-paste = 在這裡貼上
button-how = 示範給我看
button-login = 登入 { $vendor }
button-new-link = 取得新連結
button-cancel = 取消 { $vendor }
button-ask-access = 請求使用權限
button-request = 登入
button-drop-choice = 取消這個選擇
button-agree-this = 在這個討論串使用我的帳號
button-agree-all = 在我開始的所有討論串
button-replace = 取代那個登入
button-keep = 保留原樣
button-beside = 也存在這裡
button-remove = 只從這裡移除
button-revoke = 同時向供應商撤銷
button-end-person = 結束 { $person } 的一切
button-remove-all = 全部只從這裡移除
button-revoke-all = 同時向供應商撤銷登入
button-keep-all = 全部保留
form-title = 完成登入
form-field = 網址，或頁面上顯示的代碼
form-hint = 請複製網址列裡的全部內容。
form-field-key = API 金鑰
form-hint-key = 會儲存給這裡的代理程式使用，不會再顯示給任何人看。
form-example-key = 只貼金鑰，前後不要有其他內容
form-example = http://localhost:…/callback?code=…&state=…　或　code#state

## The two steps

login-title = ## 登入 { $vendor }
login-open-button = 按下 **{ button-open }**，在 Discord 的連結警告中按確認，然後登入。
login-open-below = 開啟下方的連結，在 Discord 的連結警告中按確認，然後登入。
login-open-button-keys = 按下 **{ button-open-keys }**，在 Discord 的連結警告中按確認，在那裡建立 API 金鑰並複製。
login-open-below-keys = 開啟下方的連結，在 Discord 的連結警告中按確認，在那裡建立 API 金鑰並複製。
login-make-key = 請到您的 { $vendor } 帳號建立 API 金鑰並複製。
login-paste-key = 回到這裡，按下 **{ button-paste }**，貼上金鑰。
login-page-keys = { $vendor } 的 API 金鑰
login-key-unchecked = 我無法向這家供應商確認金鑰是否有效，請確認您已完整複製。
login-key-expires =
    -# 在 { $time }（{ $relative }）之前可以貼上金鑰。金鑰就像密碼一樣，請勿給別人看。
    -# 也可以使用 { -complete }，或直接私訊傳給我。
login-last-page-dead = 最後一頁**打不開，這是正常的。** 請從網址列複製完整網址，開頭是 { CODE($beginning) }。
login-last-page-code = 最後一頁會顯示一段代碼。請整段複製，包括 `#` 後面的部分。
login-paste = 回到這裡，按下 **{ button-paste }**。
login-page = { $vendor } 的登入頁面
login-copy-link = -# 想用別的瀏覽器？複製這個連結：
login-link-expires =
    -# 連結將於 { $time }（{ $relative }）過期。您複製的內容就像密碼一樣，請勿給別人看。
    -# 也可以使用 { -complete }，或直接私訊傳給我。
login-code-type = 請確認頁面上顯示的是這個代碼，或在頁面上輸入它：
login-code-wait =
    -# 代碼將於 { $time }（{ $relative }）過期。您完成之後，這則訊息會自動更新。
    -# 如果代碼不是您自己要求的，請勿核准。
login-program-paste = 如果最後一頁顯示代碼或打不開，請回到這裡，按下 **{ button-paste }**，貼上代碼或那一頁的網址。
login-program-wait = -# { $vendor } 自己的程式會等到 { $time }（{ $relative }）。您完成之後，這則訊息會自動更新。
login-code-expired = ⌛ **{ $vendor } 的代碼已過期。** 沒有任何變更。{ -new-link }
login-done-program = ✅ **{ $vendor } 自己的程式表示已經登入。** 登入由該程式自行保管，這裡沒有儲存任何東西。
login-done = ✅ **已登入 { $vendor }。** { $use }
login-done-as = ✅ **已用 { $account } 登入 { $vendor }。** { $use }
login-use-shared = 這裡的代理程式從現在起都會使用它。
login-use-named = 指定這個帳號的代理程式，以及用 { -use } 選擇它的討論串，會使用它。
login-use-outside = 討論串裡的代理程式不使用這個登入：它們使用個人帳號。若要登入您自己的帳號，請用 { -login }，`account` 選「只有我自己」。
login-use-personal = 這是您自己的帳號：除了管理者，這裡沒有別人看得到或能結束它。代理程式只有在您同意的討論串裡才拿得到：在那裡使用 { -use }、`account` 選「只有我自己」，我會問您一次。
login-done-replaced = 它取代了 { $account } 的登入。
login-lacks-project = ⚠️ **這個帳號還沒有 Code Assist 專案。** 請先為它設定一次 Gemini Code Assist，或請管理者在代理程式執行的環境設定 `GOOGLE_CLOUD_PROJECT`。
login-overtaken = ⚠️ **您的 { $vendor } 登入沒有儲存：** 另一個登入比您先完成。
login-link-expired = ⌛ **{ $vendor } 的登入連結已過期。** 沒有任何變更。{ -new-link }
login-link-replaced = **{ $vendor }** 已有較新的登入連結，請使用新的連結。
login-button-expired = ⌛ **這個連結已過期。** 沒有任何變更。{ -new-link }
login-cancelled = **您的 { $vendor } 登入已取消。** 它的連結已經失效。
nothing-changed = 沒有任何變更。
login-ended =
    ⚠️ **{ $login } 的登入已失效。** 這裡的代理程式無法再更新它。
    { $reason ->
        [none] 請按下方的按鈕，或使用 { -login } 重新登入。
       *[other] 原因：{ $reason }。請按下方的按鈕，或使用 { -login } 重新登入。
    }
login-ends =
    ⏳ **{ $login } 的登入將於 { $relative }（{ $time }）到期**，無法自動更新。
    請在這裡的代理程式停擺之前，按下方的按鈕或使用 { -login } 重新登入。
login-replaced =
    ℹ️ **{ $who } 取代了您的 { $login } 登入。** 這裡的代理程式現在使用新的登入。
    您不需要做任何事。{ -status } 會顯示誰已登入。
variable-ends =
    ⏳ **{ CODE($variable) } 裡 { $login } 的權杖將於 { $relative }（{ $time }）到期**，無法自動更新。
    請在環境中設定新的權杖，然後重新啟動機器人與代理程式。
own-login-ended = ⚠️ **某人自己的 { $login } 登入已失效。** 只有本人能重新登入。
own-login-ends = ⏳ **某人自己的 { $login } 登入將於 { $relative } 到期。** 只有本人能重新登入。
notice-not-told = 我無法私訊通知 { $person }。
notice-nobody-known = 沒有人知道這個登入是誰建立的，所以通知您。

risk-tos-risk = ⚠️ **請注意：** 這家供應商的條款可能不允許在其他工具使用它的登入，帳號有可能被停用。
risk-experimental = ⚠️ **請注意：** 這種登入方式還在實驗階段，隨時可能失效。
vendor-note = ℹ️ { $note }
login-other-host = ⚠️ **請注意：** { CODE($host) } 會收到 { CODE($issuer) } 帳號的權杖。如果您放心把那個帳號交給 { CODE($host) }，才登入。

replace-question = **{ $who } 已經登入 { $login }。**
    您的登入會取代它，所有代理程式都會改用您的。在您完成登入之前，不會有任何改變。

beside-stored = ⚠️ **您的 { $vendor } 登入沒有儲存：** 它的帳號已經{ $logins ->
        [none] 以另一個登入存在這裡。
       *[other] 存為 { $logins }。
    }
beside-question = 如果其中一個登入被撤銷，另一個可能也會失效；有些供應商會在重新登入時讓較舊的登入失效。
    如果您兩個都要，請按 **{ button-beside }**，再登入一次。

how-dead =
    ## 複製網址
    1. 最後一頁打不開，這是正常的：您只需要它的網址。
    2. 選取瀏覽器上方的完整網址並複製。在手機上請先點一下網址。
    3. 回到 Discord，按下 **{ button-paste }** 並貼上。
how-code =
    ## 複製代碼
    1. 最後一頁會顯示一段代碼，通常旁邊有複製按鈕。
    2. 請整段複製，`#` 的兩邊都要。
    3. 回到 Discord，按下 **{ button-paste }** 並貼上。
picture-desktop = 在電腦上：頁面打不開。按 Ctrl+L 或 ⌘+L 選取網址，Ctrl+C 或 ⌘+C 複製，再用 Ctrl+V 或 ⌘+V 貼到 Discord 的表單裡。
picture-phone = 在手機上：頁面打不開。點一下上方的網址，選擇複製，再貼到 Discord 的表單裡。
picture-code = 頁面顯示一段代碼和複製按鈕。複製 # 兩邊的全部內容，再貼到 Discord 的表單裡。

## Logout

logout-question = **要登出 { $login } 嗎？**
logout-remove = - **{ button-remove }**：這裡的代理程式不再使用它；在供應商那邊仍然有效。
logout-revoke = - **{ button-revoke }**：在所有地方都失效，其他機器上的也一樣。
logout-cannot-revoke = - 這家供應商無法從這裡撤銷登入。您可以在該帳號的安全性頁面結束它。
logout-shared = - 同一個供應商帳號也存為 { $logins }。撤銷可能也會讓它失效。
logout-shared-personal = - 有人的個人登入使用同一個供應商帳號。撤銷可能也會讓它失效。
logout-shadowed = - 這裡的代理程式設有 { CODE($variable) }，不論您怎麼選，它們都會繼續使用它。
logout-removed = **已從這裡移除 { $vendor } 的登入。** 在供應商那邊它仍然有效。
logout-revoked = **已向供應商撤銷 { $vendor } 的登入，並從這裡移除。**
logout-nothing = **{ $vendor } 沒有可以移除的登入。**
logout-newer-login-kept = **沒有移除任何內容。** 在這段期間有人建立了較新的 { $vendor } 登入，所以保留了它。
logout-earlier-login-revoked = 之前的那個登入已向供應商撤銷。
logout-not-revoked = 我無法向供應商撤銷{ $note ->
        [none] {""}
       *[other] ：{ $note }
    }。
logout-tokens-left = 這個機器人的磁碟上可能還有檔案留著這個登入的權杖；請管理者移除那個檔案。

## Everything of one person, for operators

person-question = **要結束 { $who } 在這裡的一切嗎？** 對方的 ID 是 { CODE($user) }。
person-login = - { $login }
person-pending = - { $vendor }：尚未完成的登入
person-records = - 在討論串裡對自己帳號的選擇和同意
person-more = - … 還有 { $count } 項
person-remove = **{ button-remove-all }**：這裡的代理程式不再使用它們；登入在供應商那邊仍然有效。
person-revoke = **{ button-revoke-all }**：登入在所有地方都失效，其他機器上的也一樣。
person-cannot-revoke = 供應商無法從這裡撤銷，所以不會撤銷：{ $logins }。
person-shared = 同一個供應商帳號也為其他人儲存，所以不會撤銷：{ $logins }。
person-shared-stay = 共用的登入會保留，包括這個人建立的。
person-changed = **在我詢問您之後有了變更，還沒有結束任何東西。**
person-ended = **{ $who } 在這裡的一切都已結束。**
person-ended-pending = 已取消 { $count } 個尚未完成的登入。
person-ended-records = 對方在討論串裡的選擇和同意已結束。
left-person = 👋 **{ $who } 已離開 { $guild }**，也不在我所在的其他伺服器。對方的 ID 是 { CODE($user) }。
left-tell = { $logins ->
        [0] {""}
       *[other] 這裡還有對方的 { $logins } 個個人登入，代理程式仍可使用它們。
    }{ $pending ->
        [0] {""}
       *[other] 對方有 { $pending } 個登入尚未完成。
    }
left-ended = 對方在這裡的一切都已結束：{ $logins } 個個人登入，以及未完成的登入、選擇和同意。沒有向供應商撤銷任何登入。
left-failed = ⚠️ 對方在這裡的東西無法全部結束。
left-made = 對方建立了這些共用的登入，它們會保留：{ $logins }。要結束其中一個，請用 { -logout }。

person-at-console = 主控台上的某人
unknown-person = 不明的使用者
login-with-account = { $login }（{ $account }）

## Status

status-title = ## 登入狀態
status-nothing = 沒有人登入 { $vendor }。請用 { -login } 開始。
status-empty = 目前沒有任何登入。請用 { -login } 開始。
status-login = { $mark } **{ $title }**：{ $state }
status-token-renews = 權杖 { $time } 更新
status-token-expires = 權杖 { $time } 到期
status-token-lasting = 權杖不會到期
status-logged-in = { $time } 登入
status-logged-in-by = { $time } 由 { $who } 登入
status-other-host = { CODE($host) } 會收到 { CODE($issuer) } 帳號的權杖
status-shadowed = ⚠️ 設有 { CODE($variable) }，所以不會用到這個登入
status-server = 位於 { $host }
status-limited = ⏸️ 供應商限制中，{ $time } 解除
status-renewal-failed = ⚠️ { $time } 更新失敗{ $reason ->
        [none] {""}
       *[other] （{ $reason }）
    }；下次嘗試：{ $then }
status-scopes = 要求的權限範圍：{ $asked }；取得的：{ $granted }
status-missing-scopes = ⚠️ 代理程式需要更多權限範圍：{ $scopes }。{ $todo }
remedy-log-in = 請用 { -login } 重新登入。
remedy-widen = 請管理者把它們加進 { CODE($table) } 的 `scopes`，然後用 { -login } 重新登入。
remedy-grant = 已經要求過但沒有取得。請該伺服器的管理者授予這個帳號。
status-pending = ⏳ **{ $vendor }**：連結 { $time } 過期
status-environment = 🔑 **{ $vendor }**：使用機器人環境中的 { CODE($variable) }，不會儲存
status-problems = 🔧 **請管理者處理：** 有 { $count } 個問題需要修復。`openab-auth doctor` 會說明方法。
status-more = … 還有 { $count } 筆；`openab-auth status` 會全部列出。
state-ok = 已登入
state-expiring = 已登入，即將更新
state-expired = 已登入，下次使用時更新
state-dead = 已被供應商終止，請重新登入
state-not-renewable = 已過期，請重新登入
never = 永不

## MCP servers that people add

server-added = ✅ **已新增 { $vendor }。** 這裡可以使用 { -login } 的每個人，現在都能用該指令或按鈕登入它。
server-added-before = ℹ️ **{ $vendor } 之前已經新增過**，網址也相同。沒有任何變更。
server-host =
    代理程式會把它的權杖傳給 { CODE($host) }。如果您信任它的經營者，才登入。
    -# 它的網址：{ CODE($address) }
server-removed = **已移除 { $server }。** 之後無法再從這裡登入它。

## Autocompletion

choice-logged-in = 已登入
choice-not-logged-in = 未登入
choice-log-in-again = 請重新登入
choice-tos-risk = ⚠ 條款可能不允許
choice-experimental = ⚠ 實驗性質
choice-none-not-allowed = 您目前還不能讓代理程式登入；/auth 說明 會告訴您該找誰
choice-none-unreadable = 目前無法讀取登入資料；請聯絡管理者
choice-none-offered = 這裡還沒有提供任何供應商；請聯絡管理者
choice-none-pending = 沒有等待中的登入；請用 /auth 登入 開始
choice-none-logins = 目前還沒有任何登入
choice-account-shared = 這裡的每個人共用
choice-account-own = 只有我自己
choice-account-of = 個人帳號，屬於 { $person }
choice-account-new = 新帳號：{ $label }
choice-none-servers = 這裡沒有您新增的伺服器

## Access

access-request =
    🙋 { $who } 想要讓代理程式登入{ $guild ->
        [none] {""}
       *[other] （伺服器 ID 為 { CODE($guild) }）
    }。
    如果同意，請把 ID { CODE($user) } 加入設定檔的 `allowed_users`，或給對方一個允許的身分組，然後重新啟動機器人。
access-asked = **已經把您的請求傳給管理者。** 由他們決定，我無法告訴您要等多久。
access-asked-before = **您已經請求過了。** 明天可以再請求一次。
access-not-asked = **我聯絡不上管理者。** 請稍後再試，或自己寫訊息給他們。
access-there = **您可以讓代理程式登入。** 請用 { -login } 開始。

## Threads

use-chosen = ✅ **這個討論串裡的代理程式使用 { $account }。**
use-not-logged-in = 還沒有人登入 { $account }，而這個討論串裡的代理程式不會使用這個供應商的其他帳號。請用 { -login } 開始。
use-agree =
    這是您自己的帳號，所以代理程式還拿不到：在討論串裡發言的人都能讓代理程式用它工作。要在哪裡使用它？
use-not-here = 請在討論串裡使用這個指令。它會選擇那個討論串裡的代理程式使用哪個帳號。
thread-title = ## 在這個討論串
thread-none = 這個討論串裡的代理程式還沒有帳號。請用 { -login } 開始。
thread-because-thread = **{ $account }**：在這個討論串選擇的
thread-because-personal = **{ $account }**：開始這個討論串的人自己的帳號
thread-because-shared = **{ $account }**：這裡的每個人共用的預設帳號
thread-because-named = **{ $account }**：代理程式指定的
thread-lacks-login = { $line }；還沒有人登入
thread-agree-own = ⚠️ **{ $account }**：您尚未同意讓這個討論串裡的代理程式使用它
thread-agree-other = ⚠️ **{ $account }**：帳號的本人尚未同意讓這個討論串裡的代理程式使用它
thread-problem = ⚠️ **{ $account }**：{ $problem }
thread-cannot-write =
    ⚠️ **這個討論串裡的代理程式需要登入時，我無法在這裡發言。** 請給我{ $missing ->
        [view] 「檢視頻道」
        [send] 「在討論串中傳送訊息」
       *[both] 「檢視頻道」與「在討論串中傳送訊息」
    }的權限。

## Requests: a message that everybody in the thread reads

request-needs = 🔑 **這個討論串裡的代理程式需要登入 { $account }。** 請按按鈕登入；步驟只有您看得到。
request-needs-own = 🔑 **這個討論串裡的代理程式需要 { $person } 自己的 { $account } 登入。** 只有本人能按按鈕；步驟別人看不到。
request-elsewhere = 討論串是 { $thread }。我無法在那裡發言：請給我「檢視頻道」與「在討論串中傳送訊息」的權限。
request-limited = -# 供應商正在限制 { $account }，{ $relative }（{ $time }）解除。
request-reason =
    代理程式的說明：
    > { $reason }
request-answered = ✅ **{ $account } 已有登入。** 代理程式會自行繼續。
request-answered-by = ✅ **{ $person } 已登入 { $account }。** 代理程式會自行繼續。
request-unanswered = **一天內沒有人登入 { $account }。** 還需要的代理程式會再提出要求。
request-over = **已經沒有代理程式在等這個登入。** 沒有任何變更。{ -status } 會顯示誰已登入。
request-not-yours = **這個代理程式需要另一個人自己的帳號。** 沒有任何變更；只有本人能登入。
request-agree = **這個討論串裡的代理程式需要您自己的帳號。** 在討論串裡發言的人都能讓代理程式使用它。代理程式可以在哪裡使用？選好之後，請再按一次「登入」。

## Help

help-title = ## 從 Discord 讓代理程式登入
help-introduction = 這裡的代理程式需要供應商（例如 Claude）的帳號才能工作。您只要在自己的瀏覽器登入一次，這裡的每個代理程式就都能使用那個登入。我看不到您的密碼。
help-not-allowed = **您目前還不能讓代理程式登入。** { $happened }{ $next }
help-no-logins = **目前還沒有任何登入。** 請用 { -login } 開始：開啟連結、登入，再貼上最後一頁的網址。一分鐘就好。
help-number-of-logins = **目前有 { $count } 個登入。** 用 { -login } 新增或取代，用 { -status } 查看。
help-logins-unreadable = **目前無法讀取登入資料。**
help-commands =
    - { -login } 給您登入連結。{ -complete } 接收您複製的內容；用按鈕或私訊傳給我也可以。
    - { -status } 查看誰登入了哪裡。{ -cancel } 取消您開始的登入。
    - { -logout } 移除登入；您也可以選擇同時向供應商撤銷。
    - 在討論串裡，{ -use } 選擇那裡的代理程式使用的帳號。
help-servers = - { -mcp-add } 新增 MCP 伺服器。{ -mcp-remove } 移除您新增的伺服器。
help-privacy = -# 我的回覆只有您看得到。您貼上的網址或代碼只使用一次，不會儲存；API 金鑰會儲存給代理程式使用。您的 ID 是 { $user }。

## Direct messages

dm-card = 結果顯示在您的登入訊息上。
dm-delete-paste = **請立刻刪除您的訊息。** 您貼上的內容就像密碼一樣，而我無法替您刪除。
dm-hint = 我只負責讓代理程式登入。請用 { -login }，再把您複製的內容貼在這裡。{ -help } 有更多說明。

## What can go wrong

failure =
    ❌ **{ $happened }**
    { $kept }
    接下來：{ $next }
failure-incident = -# 給管理者的代號：{ CODE($incident) }
incident = 請把這個代號告訴管理者：{ CODE($incident) }。記錄檔裡有說明。
unexpected-failure =
    ❌ **我這邊出了問題。**
    請再試一次。如果還是不行，請把這個代號告訴管理者：{ CODE($incident) }

-unchanged = 沒有任何變更。
-still-waits = 您仍可完成這次登入。
-older-untouched = 之前的登入（如果有）沒有變更。
-copy-all = 請從網址列複製最後一頁的完整網址，然後貼上。
-copy-key = 請只複製金鑰並貼上。
-new-link = 請用 { -login } 取得新連結。

error-not_allowed-bot = 機器人不能使用這個功能。
    .kept = { -unchanged }
    .next = 請由真人來操作。
error-not_allowed-direct_message = 私訊中已停用這個功能。
    .kept = { -unchanged }
    .next = 請在有我的伺服器裡使用這個指令。
error-not_allowed-not_listed = 您不在可以讓代理程式登入的名單上。
    .kept = { -unchanged }
    .next = 請這個機器人的管理者把您的 ID { $user } 加入 `allowed_users`。
error-not_allowed-no_role = 您本人和您的任何身分組都不在可以讓代理程式登入的名單上。
    .kept = { -unchanged }
    .next = 請這個機器人的管理者把您的 ID { $user } 加入 `allowed_users`，或給您一個允許的身分組。
error-not_allowed-roles_hidden = 您不在可以讓代理程式登入的名單上，而在私訊中我看不到您的身分組。
    .kept = { -unchanged }
    .next = 如果您有允許的身分組，請在伺服器裡使用這個指令。否則請這個機器人的管理者把您的 ID { $user } 加入 `allowed_users`。
error-not_allowed-unknown = Discord 沒有告訴我您是否仍有允許的身分組。
    .kept = 這次登入已結束，沒有儲存。
    .next = { -new-link }
error-not_allowed-not_yours = 這是 { $owner } 的登入，不是您的。
    .kept = 它沒有變更。
    .next = 請對方登出，或請這個機器人的管理者處理。
error-not_allowed-not_known = 這個登入是從主控台建立的，或我不知道是誰建立的。
    .kept = 它沒有變更。
    .next = 請這個機器人的管理者登出它。
error-not_allowed-not_your_server = 這個伺服器是 { $owner } 新增的，不是您。
    .kept = 它還在。
    .next = 請對方移除，或請這個機器人的管理者處理。
error-not_allowed-not_your_account = 這是別人自己的帳號。
    .kept = 它沒有變更。
    .next = 請使用共用的帳號，或您自己的帳號：在「帳號」選擇「只有我自己」。
error-not_allowed-not_operator = 只有列在 `operators` 裡的管理者，才能結束別人在這裡的一切。
    .kept = { -unchanged }
    .next = 請找其中一位處理。
error-too_many_attempts = 您在一分鐘內已經嘗試了 { $limit } 次。
    .kept = { -unchanged }
    .next = 請等 { $retry_after } 秒後再試。
error-closing = 我正在重新啟動。
    .kept = { -unchanged }
    .next = 請一分鐘後再試。
error-link_too_long = { $vendor } 的登入連結有 { $length } 個字元，超過 Discord 訊息的上限。
    .kept = { -unchanged }
    .next = 請管理者減少要求的權限範圍，或用 `openab-auth login` 登入。
error-name_too_long = 這個名稱太長，放不進 Discord 的按鈕。
    .kept = { -unchanged }
    .next = 請管理者用 `openab-auth login` 或 `openab-auth logout` 處理。

error-not_logged_in = { $tenant } 沒有人登入。
    .kept = { -unchanged }
    .next = 請用 { -login } 登入，或用 { -status } 查看現有的登入。
error-not_logged_in-person = 這裡沒有這個人的任何東西：沒有個人登入，也沒有尚未完成的登入。
    .kept = { -unchanged }
    .next = { -status } 會顯示所有登入。
error-login_dead = { $tenant } 的登入已經終止{ $reason ->
        [none] {""}
       *[other] （{ $reason }）
    }。
    .kept = 沒有移除任何內容。
    .next = 請用 { -login } 重新登入。
error-login_taken = 已有別人登入 { $tenant }。
    .kept = 對方的登入沒有變更。
    .next = { -login } 會詢問您是否要取代它。
error-login_overtaken = 在您登入 { $tenant } 的同時，別人已完成了登入。
    .kept = 對方的登入沒有變更，您的登入沒有儲存。
    .next = { -login } 會詢問您是否要取代它。
error-account_stored = 您登入 { $tenant } 的帳號，已經以另一個登入存在這裡。
    .kept = 那個登入沒有變更，您的登入沒有儲存。
    .next = 請改用另一個帳號登入。
error-reserved_login = { $tenant } 是 openab 本身的登入。
    .kept = 它沒有變更。
    .next = 只有 openab 可以結束它。
error-label = { $vendor } 的帳號不能使用標籤 { $label }。
    .kept = { -unchanged }
    .next = 標籤為 1 到 32 個字元，可用 a-z、0-9、「.」、「_」和「-」，並以字母或數字開頭；me、shared 和 new 另有意義。
error-nobody_meant = 我不知道您指的是誰自己的 { $vendor } 帳號。
    .kept = { -unchanged }
    .next = 請在 Discord 使用 { -login }，這樣我就知道您是誰。
error-programs_only_account = { $vendor } 在自己的程式中只保存一個登入，這裡的所有代理程式都使用它，不能有其他帳號。
    .kept = { -unchanged }
    .next = 若要為這裡的所有人登入，請不要填帳號。
error-no_account_for_thread = 此討論串中的代理程式只使用個人帳號，而我不知道是誰開始了這個討論串。
    .kept = { -unchanged }
    .next = 請在討論串中用 { -use } 選擇帳號。
error-not_agreed = { $tenant } 的本人尚未同意讓它用於此討論串。
    .kept = { -unchanged }
    .next = 請本人在討論串中用 { -use } 同意。
error-account_not_for_thread = 此討論串中的代理程式不能使用 { $tenant }{ $person ->
        [none] ，因為這裡只使用個人帳號。
       *[other] ，因為它屬於另一個人。
    }
    .kept = { -unchanged }
    .next =
        { $person ->
            [none] 請選擇您自己的帳號：`account` 選「只有我自己」。
           *[other] 請用 { -use } 選擇其他帳號。
        }
error-not_thread_owner = 只有開始這個討論串的人或管理者可以選擇它的帳號。
    .kept = 選擇沒有改變。
    .next = 請詢問那個人。
error-login_changed = 在我詢問您之後，{ $tenant } 的登入已經改變。
    .kept = 目前的登入沒有變更。
    .next = 用 { -status } 查看它；要結束它，請再次使用 { -logout }。
error-person_changed = 在我詢問您之後，這個人的登入已經改變。
    .kept = { -unchanged }
    .next = 請用 { -status } 裡的按鈕再問一次。
error-refresh_busy = 正在更新 { $tenant } 的登入，花的時間比平常久。
    .kept = 登入沒有變更。
    .next = 請稍後再試。
error-unknown_vendor =
    { $offered ->
        [none] 這裡還沒有提供任何供應商。
       *[other] 這裡不提供 { $vendor }。
    }
    .kept = { -unchanged }
    .next =
        { $offered ->
            [none] 管理者必須先提供供應商：設定檔 `[auth]` 中的 `vendors`。
           *[other] 請選擇其中一個：{ $offered }。
        }
error-vendor_unavailable = { $vendor } 目前無法正常回應。
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
                    [yes] 請告訴管理者：{ $todo }。
                   *[no] { $retry_after ->
                        [none] 請稍候片刻，再貼上同樣的內容。
                       *[other] 請等 { $retry_after } 秒，然後再貼一次同樣的內容。
                    }
                }
            }
           *[other] 請稍後再試。
        }
error-key_unchecked = 我無法確認這把金鑰，因為 { $vendor } 目前無法正常回應。我沒有儲存它。
    .kept = { -still-waits }
    .next = 請稍候，再貼上同一把金鑰。
error-network_variable = 我目前連不上任何服務商：我所在機器的設定有誤。
    .kept = { -unchanged }如果有登入正在等您貼上內容，它仍在等待。
    .next = 請告訴管理者：{ CODE($variable) } 無法使用。原因請看我的記錄，或執行 `openab-auth doctor`。
error-vendor_misconfigured = { $vendor } 不接受這個機器人的設定{ $reason ->
        [none] {""}
       *[other] （{ $reason }）
    }。
    .kept =
        { $still_waits ->
            [yes] { -still-waits }
           *[no] { -older-untouched }
        }
    .next = 請告訴管理者：{ $todo }。
error-secret_missing = 目前還不能在這裡登入 { $vendor }，因為缺少它的用戶端密鑰。
    .kept = { -unchanged }
    .next =
        { $variable ->
            [none] 請告訴管理者：`openab-auth vendors` 會說明要設定什麼。
           *[other] 請告訴管理者：設定 { CODE($variable) }。`openab-auth vendors` 有更多說明。
        }
error-client_missing = 這個機器人還沒有在 { $vendor } 註冊{ $reason ->
        [none] {""}
       *[other] （{ $reason }）
    }。
    .kept = { -older-untouched }
    .next =
        請告訴管理者：在 { $issuer } 註冊一個用戶端，重新導向網址為 { CODE($redirect_uri) }{ $scopes ->
            [none] {""}
           *[other] ，權限範圍為 { $scopes }
        }，然後把它的 `client_id` 寫進設定檔的 { CODE($table) }。
error-server_unusable = 目前無法登入 { $vendor }{ $reason ->
        [none] {""}
       *[other] （{ $reason }）
    }。
    .kept = { -older-untouched }
    .next = 請告訴管理者：{ $todo }。
error-exchange_refused = { $vendor } 的代碼已過期，或已經使用過。
    .kept = { -older-untouched }
    .next = { -new-link }
error-risk_not_accepted = 這裡不提供 { $vendor }：它的登入標示為 { $risk }。
    .kept = { -unchanged }
    .next = 管理者可以接受這項風險：設定檔 `[auth]` 中的 `accept_risk`。
error-no_login = 無法從這裡登入 { $vendor }。
    .kept = { -unchanged }
    .next =
        { $note ->
            [none] 請告訴管理者：在代理程式執行的環境設定 { $variables }。
           *[other] { $note } 請告訴管理者：在代理程式執行的環境設定 { $variables }。
        }
error-plan_missing = { $vendor } 不接受這個帳號{ $reason ->
        [none] {""}
       *[other] （{ $reason }）
    }。
    .kept = { -older-untouched }
    .next = 請在供應商為這個帳號開通席次或方案，或改用另一個帳號登入。{ -new-link }
error-program_failed = { $vendor } 的登入程式{ $status ->
        [none] 花了太久，我已將它結束。
       *[other] 結束了，但沒有登入（狀態碼 { $status }）。
    }
    .kept = 這次登入已經結束。程式先前儲存的內容由它自己保管。
    .next =
        { $said ->
            [none] { -new-link }
           *[other] 它最後的訊息：{ $said }。{ -new-link }
        }
error-program_waits = { $vendor } 的登入程式收到了您貼上的內容，但仍在等待。
    .kept = { -still-waits }
    .next =
        { $said ->
            [none] 請貼上它要求的內容，或用 { -cancel } 放棄這次登入。
           *[other] 它最後的訊息：{ $said }。請貼上它要求的內容，或用 { -cancel } 放棄這次登入。
        }
error-login_denied = { $vendor } 的登入遭到拒絕。
    .kept = 這次登入已經結束。{ -older-untouched }
    .next = { -new-link }
error-login_expired = { $vendor } 的代碼在您核准之前就過期了。
    .kept = 這次登入已經結束。{ -older-untouched }
    .next = { -new-link }
error-login_not_stored = 您已在 { $vendor } 登入，但我還無法儲存這個登入。{ $why }
    .kept = 我會先把它保留在記憶體中，並盡快儲存。
    .next = 請稍後查看 { -status }。如果沒有這個登入，請用 { -login } 重新開始。
error-too_many_accounts = 您已登入 { $limit } 個有標籤的帳號，這是每個人的上限。
    .kept = { -unchanged }
    .next = 請用 { -logout } 結束沒有人需要的登入。
error-too_many_logins = 您已經開始了 { $limit } 個登入，都還沒有完成。
    .kept = 您仍可完成它們。
    .next = 請先完成一個，或用 { -cancel } 取消一個。
error-too_many_wait = 目前這裡等待中的登入太多了。
    .kept = { -unchanged }
    .next = 請在 15 分鐘後再試：沒有人完成的登入到時就會過期。
error-no_pending_login = 沒有登入在等這段內容：可能從未開始、已經結束，或已超過 15 分鐘。
    .kept = { -unchanged }
    .next = { -new-link }
error-which_login = 您開始了好幾個登入：{ $vendors }。
    .kept = 您仍可完成它們。
    .next = 請在 { -complete } 或 { -cancel } 中選擇供應商。

error-server_not_added-off = 這裡沒有開放新增伺服器。
    .kept = { -unchanged }
    .next = 請管理者在設定檔的 `[mcp]` 中加入這個伺服器。
error-server_not_added-name = 伺服器不能用這樣的名稱。
    .kept = { -unchanged }
    .next = 請使用最多 32 個英文字母、數字、`.`、`_` 或 `-`。
error-server_not_added-taken = 名稱 { $server } 已經有人使用。
    .kept = { -unchanged }
    .next = 請換一個名稱。{ -login } 會列出已使用的名稱。
error-server_not_added-address = 這不能當作伺服器的網址（{ $said }）。
    .kept = { -unchanged }
    .next = 請使用伺服器說明文件上的 https 網址。
error-server_not_added-login = { $server } 已有來自另一台伺服器的登入。
    .kept = { -unchanged }
    .next = 請換一個名稱，或先用 { -logout } 結束那個登入。
error-server_not_added-full = 已經新增了 { $limit } 個伺服器。
    .kept = { -unchanged }
    .next = 請用 { -mcp-remove } 移除不再需要的伺服器。
error-server_not_removed-unknown = 沒有人新增過這個名稱的伺服器。
    .kept = { -unchanged }
    .next = 請從輸入時出現的清單中選擇名稱。
error-server_not_removed-login = { $server } 還有登入。
    .kept = { -unchanged }
    .next = 請先用 { -logout } 登出。

error-paste_refused-empty = 您貼上的內容是空的。
    .kept = { -still-waits }
    .next = { -copy-all }
error-paste_refused-too_long = 這段內容太長，不可能是最後一頁的網址。
    .kept = { -still-waits }
    .next = 請只複製網址列中最後一頁的網址。
error-paste_refused-control_characters = 這段內容已經損壞：裡面有看不見的控制字元。
    .kept = { -still-waits }
    .next = 請從瀏覽器的網址列複製，不要從終端機或記錄檔複製。
error-paste_refused-not_understood = 這裡面沒有最後一頁的網址，也沒有代碼。
    .kept = { -still-waits }
    .next = 請先開啟連結並登入。{ -copy-all } 那一頁打不開也沒關係。
error-paste_refused-no_code = 這個網址沒有代碼。它不是最後一頁的網址，或不完整。
    .kept = { -still-waits }
    .next = 請完成登入。{ -copy-all } 請包括 `?` 後面的全部內容。
error-paste_refused-bare_code = 這裡面有代碼，但缺少說明它屬於哪一個登入的部分（state）。
    .kept = { -still-waits }
    .next = { -copy-all } 如果頁面顯示的是 code#state，`#` 兩邊都要複製。
error-paste_refused-doubled = 這裡面有兩個網址，或網址的某個部分出現了兩次。
    .kept = { -still-waits }
    .next = 請只貼上一個網址，貼一次。
error-paste_refused-authorize_link = 這是您一開始打開的連結，不是最後一頁的網址。
    .kept = { -still-waits }
    .next = 請在瀏覽器開啟那個連結並登入。{ -copy-all }
error-paste_refused-token_or_key = 這是存取權杖或 API 金鑰，不是網址。它沒有被使用，也沒有被儲存。
    .kept = { -still-waits }
    .next = 別人可能已經看到它了：請立刻向供應商撤銷，並刪除含有它的訊息。然後貼上最後一頁的網址。
error-paste_refused-other_redirect = 這個網址不是這個登入的最後一頁。
    .kept = { -still-waits }
    .next = 請用最新的連結完成登入。{ -copy-all }
error-paste_refused-foreign_state = 這個網址屬於另一個登入，或不完整。
    .kept = { -still-waits }
    .next = 請複製完整的網址（一直到結尾），然後貼上。如果還是被拒絕：{ -new-link }
error-paste_refused-cut_off = 這個網址少了結尾。我沒有把代碼傳出去。
    .kept = { -still-waits }
    .next = 請複製完整的網址（一直到結尾），然後貼上。
error-paste_refused-other_issuer = 這個網址來自另一台伺服器，不是這家供應商。我沒有把代碼傳出去。
    .kept = { -still-waits }
    .next = { -new-link } 而且只開啟那個連結。
error-paste_refused-no_issuer = 這個網址沒有說明它來自哪一台伺服器，但這家供應商的網址一定會說明。我沒有把代碼傳出去。
    .kept = { -still-waits }
    .next = 請複製完整的網址（一直到結尾），然後貼上。如果還是被拒絕：{ -new-link }
error-paste_refused-not_a_key = 這不是 API 金鑰，或除了一把金鑰之外還有其他內容。我沒有把它傳送到任何地方。
    .kept = { -still-waits }
    .next = { -copy-key }
error-paste_refused-address_not_key = 這是網址，不是 API 金鑰。我沒有把它傳送到任何地方。
    .kept = { -still-waits }
    .next = 請在供應商的頁面建立金鑰。{ -copy-key }
error-paste_refused-other_vendors_key = 從變數名稱看來，這把金鑰是用在別處的。我沒有把它傳送到任何地方。
    .kept = { -still-waits }
    .next = 請在這家供應商的頁面建立金鑰。{ -copy-key }
error-paste_refused-key_refused = 供應商不接受這把金鑰，我沒有儲存它。
    .kept = { -still-waits }
    .next = 請重新複製金鑰，或建立新的金鑰，再貼上。如果它是別家供應商的金鑰，請到那裡撤銷：這家供應商已經看到它了。
error-paste_refused-denied =
    { $ends_login ->
        [yes] { $said ->
            [none] 這次登入遭到拒絕。
           *[other] 這次登入遭到拒絕。供應商表示：{ $said }。
        }
       *[no] 這個網址回報了錯誤，我無法確定它是否屬於這次登入。
    }
    .kept =
        { $ends_login ->
            [yes] 這次登入已經結束。{ -older-untouched }
           *[no] { -still-waits }
        }
    .next =
        { $ends_login ->
            [yes] { -new-link }
           *[no] 請繼續使用最新的連結。如果錯誤就是從那裡來的：{ -new-link }
        }

error-store_unreadable = 無法讀取登入資料：{ error-store_unwritable.because }
    .kept = { -unchanged }
    .next = { error-store_unwritable.repair }
error-store_unwritable = 無法寫入登入資料：{ error-store_unwritable.because }
    .kept = 資料沒有變更。
    .next = { error-store_unwritable.repair }
    .because =
        { $fault ->
            [mounted-alone] 這個檔案是單獨掛載的，無法替換。
            [no-locks] 它所在的磁碟不支援鎖定，兩個程式可能會弄壞登入資料。
            [no-modes] 它所在的磁碟無法防止其他使用者讀取它。
            [protected] 系統保護著這個檔案。
            [no-rights] 機器人沒有存取它的權限。
            [disk-full] 磁碟已滿。
            [quota-full] 機器人的磁碟配額已用完。
            [read-only] 它所在的磁碟是唯讀的。
            [stale] 無法連線到存放它的檔案伺服器。
            [too-many-files] 開啟的檔案太多。
            [name-too-long] 它的名稱太長。
            [link] 它的路徑是一個無法使用的符號連結。
            [no-folder] 找不到它所在的資料夾。
            [not-a-file] 它不是檔案。
            [too-large] 它不能再變大。
            [disk-broken] 磁碟發生故障。
            [unsupported] 它所在的磁碟缺少必要的功能。
            [database-silent] 資料庫沒有回應。
            [database-away] 無法連線到資料庫。
            [database-restarting] 資料庫正在啟動或停止。
            [database-refused] 資料庫拒絕機器人的角色。
            [no-store] 資料庫裡還沒有建立儲存區。
            [database-rights] 機器人在資料庫的角色缺少權限。
            [database-connections] 資料庫不再接受新連線。
            [database-full] 資料庫的磁碟已滿。
            [database-read-only] 資料庫是唯讀的。
            [database-broken] 資料庫發生故障。
            [old-schema] 資料庫的資料表比機器人舊。
            [new-schema] 資料庫的資料表比機器人新。
           *[other] 這個檔案無法使用。
        }
    .repair =
        { $fault ->
            [mounted-alone] 請告訴管理者：請掛載檔案所在的資料夾，不要只掛載檔案。
            [no-locks] 請告訴管理者：把檔案移到支援鎖定的磁碟，例如本機磁碟。
            [no-modes] 請告訴管理者：把檔案移到支援檔案權限的磁碟，或只為機器人掛載它的磁碟。
            [protected] 請告訴管理者：`lsattr` 會顯示是什麼保護著檔案，`doctor` 有更多說明。
            [no-rights] 請告訴管理者：讓機器人能讀寫檔案和它的資料夾。
            [disk-full] 請告訴管理者：釋放磁碟空間或 inode，然後再試一次。
            [quota-full] 請告訴管理者：提高機器人的配額，或刪除它的一些檔案，然後再試一次。
            [read-only] 請告訴管理者：讓磁碟可以寫入，或移動檔案。
            [stale] 請告訴管理者：重新掛載檔案伺服器，然後重新啟動機器人。
            [too-many-files] 請告訴管理者：提高可開啟檔案的上限，然後重新啟動機器人。
            [name-too-long] 請告訴管理者：為檔案選擇較短的路徑。
            [link] 請告訴管理者：把連結所指的路徑設定給機器人。
            [no-folder] 請告訴管理者：修正檔案的路徑。
            [not-a-file] 請告訴管理者：移除佔用其位置的東西，並掛載它所在的資料夾，而不是檔案。
            [too-large] 請告訴管理者：提高檔案大小的上限，然後重新啟動機器人。
            [disk-broken] 請告訴管理者：檢查磁碟，並保存檔案的副本。
            [unsupported] 請告訴管理者：把檔案移到本機磁碟。
            [database-silent] 請過一分鐘再試。如果一直如此，請告訴管理者：檢查資料庫的主機。
            [database-away] 請過一分鐘再試。如果一直如此，請告訴管理者：啟動資料庫。
            [database-restarting] 請過一分鐘再試。
            [database-refused] 請告訴管理者：更正角色或它的密碼。
            [no-store] 請告訴管理者：執行 `openab-auth store init`。
            [database-rights] 請告訴管理者：執行 `openab-auth store init --grant ROLE`。
            [database-connections] 請過一分鐘再試。如果一直如此，請告訴管理者：允許更多連線。
            [database-full] 請告訴管理者：在資料庫的主機上釋放磁碟空間。
            [database-read-only] 請告訴管理者：把主要伺服器的位址給機器人。
            [database-broken] 請告訴管理者：查看資料庫的記錄，並檢查它的磁碟。
            [old-schema] 請告訴管理者：執行 `openab-auth store init`，它會更新資料表。
            [new-schema] 請告訴管理者：升級機器人。
           *[other] 請告訴管理者。修復之前，沒有人能登入。
        }
error-servers_unwritten = 無法寫入已新增的伺服器清單：{ error-store_unwritable.because }
    .kept = 清單沒有變更。如果您正在移除伺服器，尚未完成的登入已經結束。
    .next = { error-store_unwritable.repair }
error-store_closed = 這個登入儲存區已關閉：它可能是另一個儲存區的副本。
    .kept = { -unchanged }
    .next = 請告訴管理者：`openab-auth doctor` 會說明原因。
error-commit_unknown = 儲存你的變更時，與資料庫的連線中斷了。
    .kept = 變更不是完整儲存，就是完全沒有儲存。
    .next = 請用 `/auth status` 確認變更是否存在；如果沒有，請再試一次。
error-unknown_store_key = 機器人缺少登入儲存區的金鑰。
    .kept = { -unchanged }
    .next = 請告訴管理者：`openab-auth doctor` 會指出缺少的金鑰。
error-wrong_store_key = 機器人的登入儲存區金鑰不正確。
    .kept = { -unchanged }
    .next = 請告訴管理者：`openab-auth doctor` 會指出錯誤的金鑰。
error-store_busy = 另一個程式鎖住了登入資料，已超過 { $waited } 秒。
    .kept = { -unchanged }
    .next = 請再試一次。如果還是不行，請告訴管理者。
error-invalid_tenant = { $tenant } 不能當作登入的名稱。
    .kept = { -unchanged }
    .next = 請管理者換一個名稱。
error-invalid_entry = 我差點寫入代理程式無法讀取的內容。
    .kept = { -unchanged }
    .next = 請把下方的代號告訴管理者。
