-- A coroutine that yields states; luasocket with sinks, a new connection each time, JSON by cjson.
local http, ltn12, url, socket = require("socket.http"), require("ltn12"), require("socket.url"), require("socket")
local json = require("cjson")

http.TIMEOUT = 30
local root = os.getenv("GATEWAY_BASE_URL") .. "/api/v1/audio/music/cover"
local pause = tonumber(os.getenv("PAUSE") or "5")

local function call(method, path, body)
  local parts, text = {}, body and json.encode(body)
  local headers = { authorization = "Bearer " .. os.getenv("GATEWAY_API_KEY"), accept = "application/json" }
  if text then
    headers["content-type"], headers["content-length"] = "application/json", tostring(#text)
  end
  local done, code, answered = http.request({
    method = method, url = root .. path, headers = headers,
    source = text and ltn12.source.string(text), sink = ltn12.sink.table(parts),
  })
  if not done then return 0, nil, {} end
  return code, code == 200 and json.decode(table.concat(parts)).data or nil, answered
end

local function states(task)
  return coroutine.wrap(function()
    for _ = 1, 60 do
      local code, data, headers = call("GET", "/status?task_id=" .. url.escape(task))
      coroutine.yield(code, data and data.status)
      socket.sleep(math.max(pause, tonumber(headers["retry-after"]) or 0))
    end
  end)
end

local code, data = call("POST", "/generate", { taskId = os.getenv("GATEWAY_MUSIC_TASK") })
if code ~= 200 then os.exit(1) end
for status, state in states(data.taskId) do
  if state == "SUCCESS" then os.exit(0) end
  if state == "FAILED" or status == 400 or status == 401 or status == 404 then os.exit(1) end
end
os.exit(1)
