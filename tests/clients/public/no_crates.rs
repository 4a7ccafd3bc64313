// The standard library alone: one TcpStream that is kept open, or opened anew once it is gone; chunked bodies read.
use std::env::var;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::process::exit;
use std::thread::sleep;
use std::time::{Duration, Instant};

struct Line { host: String, open: Option<BufReader<TcpStream>> }
struct Answer { status: u16, wait: f64, body: String }

impl Line {
    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let mut reader = match self.open.take() {
            Some(kept) => kept,
            None => BufReader::new(TcpStream::connect(&self.host)?),
        };
        reader.get_ref().set_read_timeout(Some(Duration::from_secs(30)))?;
        let kind = if body.is_empty() { String::new() } else { format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()) };
        let key = var("GATEWAY_API_KEY").unwrap();
        let head = format!("{method} /api/v1/audio/music/cover{path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n{kind}\r\n{body}", self.host);
        reader.get_mut().write_all(head.as_bytes())?;
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let (mut length, mut wait, mut last) = (0usize, 0f64, false);
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or(0),
                "retry-after" => wait = value.trim().parse().unwrap_or(0.0),
                "connection" => last = value.trim().eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        let mut raw = vec![0; length];
        reader.read_exact(&mut raw)?;
        if !last {
            self.open = Some(reader);
        }
        Ok(Answer { status, wait, body: String::from_utf8_lossy(&raw).into_owned() })
    }
}

fn field(name: &str, json: &str) -> String {
    let mark = format!("\"{name}\":\"");
    json.split_once(&mark).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("").to_string()
}

fn main() {
    let pause: f64 = var("PAUSE").ok().and_then(|text| text.parse().ok()).unwrap_or(5.0);
    let mut line = Line { host: var("GATEWAY_BASE_URL").unwrap().replace("http://", ""), open: None };
    let wish = format!("{{\"taskId\":\"{}\"}}", var("GATEWAY_MUSIC_TASK").unwrap());
    let started = match line.send("POST", "/generate", &wish) {
        Ok(answer) if answer.status == 200 => answer,
        _ => exit(1),
    };
    let task: String = field("taskId", &started.body).bytes().map(|byte| format!("%{byte:02x}")).collect();
    let end = Instant::now() + Duration::from_secs_f64(60.0 * pause);
    while Instant::now() < end {
        let answer = line.send("GET", &format!("/status?task_id={task}"), "");
        let (status, wait, state) = answer.map_or((0, 0.0, String::new()), |one| (one.status, one.wait, field("status", &one.body)));
        match (status, state.as_str()) {
            (200, "SUCCESS") => exit(0),
            (200, "FAILED") | (400..=404, _) => exit(1),
            _ => sleep(Duration::from_secs_f64(wait.max(pause))),
        }
    }
    exit(1);
}
