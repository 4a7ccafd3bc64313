// Encoding.UTF8 puts a byte order mark before the JSON. At fault: json-body in happy
using System;
using System.IO;
using System.Net;
using System.Text;

static class ByteOrder {
    static int Main() {
        var request = (HttpWebRequest)WebRequest.Create(
            Environment.GetEnvironmentVariable("GATEWAY_BASE_URL") + "/api/v1/audio/music/cover/generate");
        request.Method = "POST";
        request.ContentType = "application/json";
        request.Headers["Authorization"] = "Bearer " + Environment.GetEnvironmentVariable("GATEWAY_API_KEY");
        using (var writer = new StreamWriter(request.GetRequestStream(), Encoding.UTF8))
            writer.Write("{\"taskId\": \"" + Environment.GetEnvironmentVariable("GATEWAY_MUSIC_TASK") + "\"}");
        using (var answer = request.GetResponse())
            Console.WriteLine(new StreamReader(answer.GetResponseStream()).ReadToEnd());
        return 0;
    }
}
