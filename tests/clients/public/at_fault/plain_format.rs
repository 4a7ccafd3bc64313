// format! puts an id into a URL as it is. At fault: sound-http in odd-ids
use std::env::var;
use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

fn send(method: &str, path: &str, body: &str) -> Result<String> {
    let host = var("GATEWAY_BASE_URL").unwrap().replace("http://", "");
    let key = var("GATEWAY_API_KEY").unwrap();
    let mut line = TcpStream::connect(&host)?;
    write!(line, "{method} /api/v1/audio/music/cover{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    line.read_to_string(&mut answer)?;
    Ok(answer)
}

fn main() -> Result<()> {
    let begun = send("POST", "/generate", &format!("{{\"taskId\":\"{}\"}}", var("GATEWAY_MUSIC_TASK").unwrap()))?;
    let task = begun.split("\"taskId\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| exit(1));
    for _ in 0..60 {
        let answer = send("GET", &format!("/status?task_id={task}"), "")?;
        if answer.contains("\"SUCCESS\"") { return Ok(()); }
        if !answer.starts_with("HTTP/1.1 200") { exit(1); }
        sleep(Duration::from_secs_f64(var("PAUSE").ok().and_then(|text| text.parse().ok()).unwrap_or(5.0)));
    }
    exit(1)
}
