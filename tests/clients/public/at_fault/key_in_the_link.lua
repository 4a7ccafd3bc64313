-- The key once more in the URL, as other gateways want it. At fault: key-nowhere-else in happy
local http, ltn12, socket = require("socket.http"), require("ltn12"), require("socket")
local json = require("cjson")
local root, key = os.getenv("GATEWAY_BASE_URL") .. "/api/v1/audio/music/cover", os.getenv("GATEWAY_API_KEY")

local function call(method, path, body)
  local parts = {}
  local _, code = http.request({
    method = method, url = root .. path .. "api_key=" .. key, sink = ltn12.sink.table(parts),
    headers = { authorization = "Bearer " .. key, ["content-type"] = "application/json", ["content-length"] = #body },
    source = ltn12.source.string(body),
  })
  return code == 200 and json.decode(table.concat(parts)).data or os.exit(1)
end

local task = call("POST", "/generate?", json.encode({ taskId = os.getenv("GATEWAY_MUSIC_TASK") })).taskId
repeat
  socket.sleep(tonumber(os.getenv("PAUSE") or "5"))
until call("GET", "/status?task_id=" .. task .. "&", "").status == "SUCCESS"
