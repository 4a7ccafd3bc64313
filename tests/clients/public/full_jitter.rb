# Net::HTTP on one open connection: a pause that grows with full jitter, GETs repeated after a lost connection.
require "json"
require "net/http"
require "uri"

PAUSE = Float(ENV.fetch("PAUSE", "5"))
ROOT = URI("#{ENV.fetch("GATEWAY_BASE_URL")}/api/v1/audio/music/upload-cover")
HEADERS = {"Authorization" => "Bearer #{ENV.fetch("GATEWAY_API_KEY")}", "Accept" => "application/json"}.freeze
LOST = [EOFError, Errno::ECONNRESET, Errno::EPIPE, Net::ReadTimeout].freeze

def pauses
  (0..).lazy.map { |attempt| PAUSE * (0.5 + rand * [1.5**attempt, 4].min / 2) }.first(60)
end

Net::HTTP.start(ROOT.host, ROOT.port, nil, read_timeout: 30, max_retries: 0) do |http|
  wish = {audio_id: ENV.fetch("GATEWAY_AUDIO"), custom_mode: true, prompt: "Zeile eins\nZeile zwei – größer", style: "Jazz"}
  begun = http.post("#{ROOT.path}/generate", JSON.generate(wish), HEADERS.merge("Content-Type" => "application/json"))
  abort "start: #{begun.code}" unless begun.is_a?(Net::HTTPSuccess)
  query = URI.encode_www_form(task_id: JSON.parse(begun.body).dig("data", "task_id"))
  pauses.each do |pause|
    sleep pause
    begin
      answer = http.get("#{ROOT.path}/status?#{query}", HEADERS)
    rescue *LOST
      http.finish if http.started?
      http.start
      next
    end
    case answer
    when Net::HTTPTooManyRequests, Net::HTTPServerError then sleep Float(answer["retry-after"] || 0)
    when Net::HTTPSuccess
      state = JSON.parse(answer.body).dig("data", "status")
      exit 0 if state == "complete"
      abort "the task failed" if state == "failed"
    else abort "poll: #{answer.code}"
    end
  end
  abort "the task took too long"
end
