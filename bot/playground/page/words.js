// The page's own words. English is the key; a language without a translation shows the key.

const TRADITIONAL_CHINESE = {
  "openab-auth playground": "openab-auth 遊樂場",
  "Playground": "遊樂場",
  "Servers": "伺服器",
  "Direct messages": "私人訊息",
  "You are": "您的身分",
  "Discord language": "Discord 語言",
  "Channels": "頻道",
  "Person, language and place": "身分、語言與頻道",
  "may log in": "可以登入",
  "may not log in": "不能登入",
  "This is the real bot with a small Discord and a small vendor, all on this machine. Nothing leaves the machine. When the playground stops, its data is deleted.":
    "這裡是真正的機器人，加上小型的 Discord 和小型的供應商，全部在這台機器上。任何資料都不會離開這台機器；遊樂場停止時，資料會刪除。",
  "This is the real bot with a small Discord and a small vendor, all on this machine. Only the store is in your database, encrypted. When the playground stops, its data is deleted.":
    "這裡是真正的機器人，加上小型的 Discord 和小型的供應商，全部在這台機器上。只有儲存區在您的資料庫裡，而且已加密；遊樂場停止時，資料會刪除。",
  "View": "檢視",
  "Behind Discord": "Discord 的背後",
  "Theme: dark": "主題：深色",
  "Theme: light": "主題：淺色",
  "Messages": "訊息",
  "Write": "輸入訊息",
  "Send": "送出",
  "The credential store": "憑證儲存區",
  "The bot and every agent read this one file. Secrets are masked; equal numbers mean equal secrets.":
    "機器人和每個代理程式都讀取這一個檔案。機密已遮蔽；數字相同，表示機密相同。",
  "The bot and every agent read this one schema of a PostgreSQL database. Its rows are encrypted, and this page has the key. Secrets are masked; equal numbers mean equal secrets.":
    "機器人和每個代理程式都讀取 PostgreSQL 資料庫裡的這一個 schema。資料列已加密，金鑰在這個頁面手上。機密已遮蔽；數字相同，表示機密相同。",
  "Try what can go wrong": "試試看會出什麼差錯",
  "Which account each thread's agents get": "每個討論串的代理程式會取得哪個帳號",
  "Asked with TokenSource(thread=…), as the agents ask. The button starts a real agent in each thread.":
    "以 TokenSource(thread=…) 查詢，與代理程式的做法相同。按鈕會在每個討論串啟動一個真正的代理程式。",
  "Start an agent in each thread": "在每個討論串啟動一個代理程式",
  "Kill these agents": "強制結束這些代理程式",
  "An agent without a login asks for it in its thread and waits. Without these permissions, the bot cannot write there.":
    "沒有登入的代理程式會在討論串裡要求登入，然後等待。沒有這些權限，機器人就無法在那裡發言。",
  "The bot in #{name}": "機器人在 #{name}",
  "View Channels": "檢視頻道",
  "Send Messages": "傳送訊息",
  "Send Messages in Threads": "在討論串中傳送訊息",
  "waits for a login in #{thread}": "在 #{thread} 等待登入",
  "killed": "已強制結束",
  "shared accounts": "共用帳號",
  "personal accounts": "個人帳號",
  "started by {person}": "由 {person} 開始",
  "started by nobody known": "不知道由誰開始",
  "unknown to the bot": "機器人不知道這個討論串",
  "agent": "代理程式",
  "None.": "沒有。",
  "{person}'s own account": "{person} 自己的帳號",
  "account {label}": "帳號 {label}",
  "the account for everyone here": "這裡所有人共用的帳號",
  "nobody is logged in": "沒有人登入",
  "The agent names it.": "代理程式指名要它。",
  "It was chosen in this thread with /auth use.": "有人在這個討論串用 /auth use 選了它。",
  "Threads of this channel use the account of the person who started the thread.": "這個頻道的討論串使用開始討論串的人的帳號。",
  "It is the default, and nobody has chosen another one here.": "這是預設帳號，這裡沒有人選別的帳號。",
  "{person} logs in with the account “Only me”, then sends /auth status here and agrees.":
    "{person} 先以「只有我自己」的帳號登入，再在這裡送出 /auth status 並同意。",
  "This channel uses personal accounts, and the bot does not know who started the thread.": "這個頻道使用個人帳號，而機器人不知道討論串是誰開始的。",
  "Which process holds a lock": "哪個程序持有鎖",
  "What the vendor was asked": "供應商收到的請求",
  "Cancel": "取消",
  "Submit": "送出",
  "Leaving Discord": "即將離開 Discord",
  "This link takes you to the address below. Are you sure you want to go there?": "這個連結會帶您前往下面的網址。確定要前往嗎？",
  "Go back": "返回",
  "Visit site": "前往網站",
  "Type /auth login": "輸入 /auth login",
  "Log an agent in": "讓代理程式登入",
  "You see no messages here yet. To log in:": "這裡還沒有訊息。登入步驟：",
  "Send /auth login with the vendor playground, with by-key for an API key, or with mcp:notes for the MCP server.":
    "送出 /auth login，供應商選 playground；要用 API 金鑰則選 by-key，要登入 MCP 伺服器則選 mcp:notes。",
  "Open the login page from the bot's message, and press Allow.": "從機器人的訊息開啟登入頁面，按下 Allow。",
  "Your browser then shows a page that does not load. Copy its whole address.": "接著瀏覽器會顯示一個打不開的頁面。請複製它的完整網址。",
  "Come back and paste the address.": "回到這裡，貼上網址。",
  "Message {place} as {person}, or / for commands": "以 {person} 的身分傳訊息到 {place}，或輸入 / 使用指令",
  "Waiting for the bot…": "正在等待機器人…",
  "The playground has stopped. Start it again and open the new address.": "遊樂場已停止。請重新啟動，再開啟新的網址。",
  "Commands": "指令",
  "Nothing matches.": "沒有符合的項目。",
  "True": "是",
  "False": "否",
  "(edited)": "（已編輯）",
  "{author} is thinking…": "{author} 正在思考…",
  "Dismiss message": "關閉訊息",
  "Only you can see this": "只有您看得到",
  "APP": "應用程式",
  "{author} says": "{author} 說",
  " used /{command}": " 使用了 /{command}",
  "Make a selection": "請選擇",
  "(this page cannot show this component)": "（這個頁面無法顯示這個元件）",
  " (optional)": "（選填）",
  "Empty: nobody is logged in.": "空的：沒有人登入。",
  "logged in": "已登入",
  "waiting for the person": "等待使用者",
  "login at an MCP server": "MCP 伺服器的登入",
  "revoked by the vendor": "已被供應商撤銷",
  "The store cannot be read": "無法讀取儲存區",
  "access token": "存取權杖",
  "refresh token": "更新權杖",
  "account": "帳號",
  "expires": "到期",
  "state": "state",
  "verifier": "verifier",
  "begun": "開始",
  "ended": "結束",
  "person": "使用者",
  "why": "原因",
  "none": "無",
  "never": "永不",
  "secret #{number}": "機密 #{number}",
  "From the kernel's list, /proc/locks. Very short locks may not appear.": "來自核心的清單 /proc/locks。非常短暫的鎖可能不會出現。",
  "Only Linux shows the holders of locks.": "只有 Linux 會顯示鎖的持有者。",
  "The lease rows of the database. Each holder is a number that a process draws for one lease; the database does not know which process it is, nor who waits.":
    "資料庫裡的 lease 資料列。持有者是程序為每個 lease 隨機取得的號碼；資料庫不知道它是哪個程序，也不知道誰在等待。",
  "No process has used a lock yet.": "還沒有程序用過鎖。",
  "{holder}, until {until}": "{holder}，到 {until} 為止",
  "{holder}, until {until}, token posted": "{holder}，到 {until} 為止，已送出權杖",
  "{holder}, {waiting} waiting": "{holder}，{waiting} 個在等待",
  "free": "未使用",
  "{holder} held": "{holder} 持有",
  "a moment": "片刻",
  "{ms} ms": "{ms} 毫秒",
  "Nothing yet.": "還沒有。",
  "no reply yet": "尚未回覆",
  "Expire the access token": "讓存取權杖到期",
  "The next agent renews the token. Nobody has to log in again.": "下一個代理程式會更新權杖。沒有人需要重新登入。",
  "Expire it": "讓它到期",
  "Start 32 agents at once": "同時啟動 32 個代理程式",
  "One refresh renews an expired token for all agents. A second one would revoke the login.": "更新一次，就為所有代理程式換好到期的權杖。更新第二次會使登入遭到撤銷。",
  "Start 32": "啟動 32 個",
  "Revoke the login at the server": "在伺服器上撤銷登入",
  "After one refused refresh, every agent knows. No agent sends the dead token again.": "更新被拒絕一次之後，所有代理程式都會知道，不會再送出失效的權杖。",
  "Revoke": "撤銷",
  "Kill the bot between the two steps": "在兩個步驟之間強制結束機器人",
  "A pending login survives. Start the bot again, then paste the address.": "等待中的登入會保留。請再啟動機器人，然後貼上網址。",
  "Kill it": "強制結束",
  "Start it": "啟動",
  "Fill the disk": "把磁碟塞滿",
  "No file is half-written. No agent refreshes a token while it cannot store the new one.": "不會有寫到一半的檔案。無法儲存新權杖時，不會有代理程式去更新權杖。",
  "Fill it": "塞滿",
  "Free it": "釋放",
  "No agent yet": "還沒有代理程式",
  "Each agent": "每個代理程式",
  "This needs Linux, which can limit a running process.": "這需要 Linux：它可以限制執行中的程序。",
  "the bot is running, process {pid}": "機器人執行中，程序 {pid}",
  "the bot is starting": "機器人啟動中",
  "the bot is down": "機器人已停止",
  "process {pid}": "程序 {pid}",
  "agent {agent} {state}": "代理程式 {agent}：{state}",
  "{count} {state}": "{count} 個{state}",
  "starts": "啟動中",
  "asks": "詢問中",
  "served": "已取得服務",
  "refused": "遭拒絕",
  "failed": "失敗",
};

// Sentences of the playground's server, each with its values.
const SAID = [
  [/^Nobody is logged in\. Log in first\.$/, "沒有人登入。請先登入。"],
  [/^The agents are still running\.$/, "代理程式還在執行。"],
  [/^No agents are running\.$/, "沒有代理程式在執行。"],
  [/^The bot is not running\.$/, "機器人沒有在執行。"],
  [/^The application did not respond\.$/, "應用程式沒有回應。"],
  [/^This form is no longer open\. Press the button again\.$/, "這個表單已關閉。請再按一次按鈕。"],
  [/^There is no command (\S+) here\.$/, "這裡沒有指令 $1。"],
  [/^(\S+) needs (.+)\.$/, "$1 需要 $2。"],
  [/^The option (\S+) does not accept this value\.$/, "選項 $1 不接受這個值。"],
  [/^You cannot see this message\.$/, "您看不到這則訊息。"],
  [/^A field is missing, too short or too long\.$/, "有欄位沒有填寫，或太短、太長。"],
  [/^This button is disabled\.$/, "這個按鈕已停用。"],
  [/^There is no button .+ on this message\.$/, "這則訊息沒有這個按鈕。"],
  [/^The playground answered (\d+)\.$/, "遊樂場回覆 $1。"],
  [/^Every write to a file now fails in the bot and in the agents, as on a full disk \(RLIMIT_FSIZE is 0\)\. Log in, or expire the token and start the agents\.$/,
    "現在機器人和代理程式寫入檔案都會失敗，就像磁碟已滿（RLIMIT_FSIZE 為 0）。請登入，或讓權杖到期再啟動代理程式。"],
  [/^Every write to a file now fails in the bot and in the agents, as on a full disk \(RLIMIT_FSIZE is 0\)\. The database has space, but no code and no token is posted while the journal of this host cannot keep the answer\. Log in, or expire the token and start the agents\.$/,
    "現在機器人和代理程式寫入檔案都會失敗，就像磁碟已滿（RLIMIT_FSIZE 為 0）。資料庫仍有空間，但只要這台主機的日誌無法保存回覆，就不會送出任何授權碼或權杖。請登入，或讓權杖到期再啟動代理程式。"],
  [/^Writes to files work again\.$/, "又可以寫入檔案了。"],
  [/^The access token has expired, in the store and at the server\. The refresh token is still valid\.$/, "存取權杖在儲存區和伺服器上都已到期。更新權杖仍然有效。"],
  [/^The server has revoked the login\. The store does not know this yet\. Start the agents\.$/, "伺服器已撤銷登入，但儲存區還不知道。請啟動代理程式。"],
  [/^Process (\d+) was killed \(SIGKILL\)\. Its memory is lost, and it no longer answers Discord\.$/, "程序 $1 已被強制結束（SIGKILL）。它的記憶體已清空，也不再回應 Discord。"],
  [/^Process (\d+) answered after ([\d.]+) s\. It knows only what the store contains\.$/, "程序 $1 在 $2 秒後回應。它只知道儲存區裡的內容。"],
  [/^(\d+) of (\d+) agents were served\. The server saw (\d+) refresh(?:es)?\./, "$2 個代理程式中有 $1 個取得服務。伺服器收到 $3 次更新。"],
  [/ All have the same token\./, "所有代理程式的權杖都相同。"],
  [/ They have (\d+) tokens\./, "它們有 $1 個權杖。"],
  [/^agent (\d+)$/, "代理程式 $1"],
  [/^holder ([0-9a-f]+)$/, "持有者 $1"],
  [/^the bot$/, "機器人"],
  [/^this page$/, "這個頁面"],
];

let locale = "en-US";
const keys = new WeakMap();

export const language = () => locale;

/** Return the page's words in the chosen language, with the values filled in. */
export function t(key, values = {}) {
  const text = (locale === "zh-TW" && TRADITIONAL_CHINESE[key]) || key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Return a sentence of the playground's server in the chosen language. */
export function said(text) {
  if (locale !== "zh-TW") return text;
  if (TRADITIONAL_CHINESE[text]) return TRADITIONAL_CHINESE[text];
  return SAID.reduce((rest, [sentence, translated]) => rest.replace(sentence, translated), text);
}

/** Choose the language, and translate every element of the page's HTML that has `data-text` or `data-label`. */
export function speak(chosen) {
  locale = chosen;
  document.documentElement.lang = chosen;
  document.title = t("openab-auth playground");
  for (const element of document.querySelectorAll("[data-text]")) {
    if (!keys.has(element)) keys.set(element, element.textContent.replace(/\s+/g, " ").trim());
    element.textContent = t(keys.get(element));
  }
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}
