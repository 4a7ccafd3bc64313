# A block that repeats whatever is inside it. At fault: pays-once in start-unavailable
require "json"
require "net/http"
require "uri"

ROOT = "#{ENV.fetch("GATEWAY_BASE_URL")}/api/v1/audio/music/upload-cover"
HEADERS = {"Authorization" => "Bearer #{ENV.fetch("GATEWAY_API_KEY")}", "Content-Type" => "application/json"}.freeze

def with_retries(times: 3)
  answer = yield
  raise "HTTP #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
  JSON.parse(answer.body)["data"]
rescue StandardError
  raise if (times -= 1).zero?
  sleep 0.3
  retry
end

wish = JSON.generate(audio_id: ENV.fetch("GATEWAY_AUDIO"))
task = with_retries { Net::HTTP.post(URI("#{ROOT}/generate"), wish, HEADERS) }["task_id"]
60.times do
  sleep Float(ENV.fetch("PAUSE", "5"))
  place = URI("#{ROOT}/status?#{URI.encode_www_form(task_id: task)}")
  state = with_retries { Net::HTTP.get_response(place, HEADERS) }["status"]
  exit(state == "complete") if %w[complete failed].include?(state)
end
exit 1
