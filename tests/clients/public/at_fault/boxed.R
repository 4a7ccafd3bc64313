# jsonlite writes scalars as lists unless it is told not to. At fault: valid-request in happy
suppressPackageStartupMessages({library(httr); library(jsonlite)})
root <- paste0(Sys.getenv("GATEWAY_BASE_URL"), "/api/v1/audio/music/cover")
answer <- POST(paste0(root, "/generate"), content_type_json(), body = toJSON(list(taskId = Sys.getenv("GATEWAY_MUSIC_TASK"))),
  add_headers(Authorization = paste("Bearer", Sys.getenv("GATEWAY_API_KEY"))))
stop_for_status(answer)
