# RETRY knows statuses, and nothing of Retry-After. At fault: respects-retry-after in poll-limited
suppressPackageStartupMessages(library(httr))

root <- paste0(Sys.getenv("GATEWAY_BASE_URL"), "/api/v1/audio/music/cover")
pause <- as.numeric(Sys.getenv("PAUSE", "5"))
key <- add_headers(Authorization = paste("Bearer", Sys.getenv("GATEWAY_API_KEY")))
give_up <- function(...) { message(...); quit(status = 1) }

started <- tryCatch(
  POST(paste0(root, "/generate"), key, timeout(30), body = list(taskId = Sys.getenv("GATEWAY_MUSIC_TASK")), encode = "json"),
  error = function(lost) give_up(conditionMessage(lost))
)
if (http_error(started)) give_up("start: ", status_code(started))
task <- content(started)$data$taskId

deadline <- Sys.time() + 60 * pause
repeat {
  answer <- RETRY("GET", paste0(root, "/status"), key, query = list(task_id = task), times = 4, quiet = TRUE,
    pause_base = pause, pause_min = pause, terminate_on = c(400, 401, 402, 404))
  if (status_code(answer) < 500 && http_error(answer)) give_up("poll: ", status_code(answer))
  state <- if (http_error(answer)) "" else content(answer)$data$status
  if (state == "SUCCESS") quit(status = 0)
  if (state == "FAILED") give_up("the task failed")
  if (Sys.time() > deadline) give_up("the task took too long")
  Sys.sleep(pause)
}
