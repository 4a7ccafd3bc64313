// A context with a deadline, a ticker, a struct with omitempty, and the default client of net/http.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

type wish struct {
	AudioID string  `json:"audio_id"`
	Title   *string `json:"title"`
	Style   string  `json:"style,omitempty"`
}

type answer struct {
	Data struct {
		TaskID string `json:"task_id"`
		Status string `json:"status"`
	} `json:"data"`
}

var root = os.Getenv("GATEWAY_BASE_URL") + "/api/v1/audio/music/upload-cover"

func call(ctx context.Context, method, path string, body any) (int, time.Duration, answer, error) {
	var told answer
	raw := &bytes.Buffer{}
	if body != nil {
		if err := json.NewEncoder(raw).Encode(body); err != nil {
			return 0, 0, told, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, root+path, raw)
	if err != nil {
		return 0, 0, told, err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("GATEWAY_API_KEY"))
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, told, err
	}
	defer response.Body.Close()
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	if response.StatusCode == 200 {
		err = json.NewDecoder(response.Body).Decode(&told)
	}
	return response.StatusCode, time.Duration(seconds) * time.Second, told, err
}

func run() error {
	pause, err := strconv.ParseFloat(os.Getenv("PAUSE"), 64)
	if err != nil {
		pause = 5
	}
	tick := time.Duration(pause * float64(time.Second))
	ctx, cancel := context.WithTimeout(context.Background(), 60*tick)
	defer cancel()
	status, _, told, err := call(ctx, "POST", "/generate", wish{AudioID: os.Getenv("GATEWAY_AUDIO")})
	if err != nil || status != 200 {
		return fmt.Errorf("start: %d %v", status, err)
	}
	query := "/status?" + url.Values{"task_id": {told.Data.TaskID}}.Encode()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		status, wait, told, _ := call(ctx, "GET", query, nil)
		switch {
		case told.Data.Status == "complete":
			return nil
		case told.Data.Status == "failed", status >= 400 && status < 500 && status != 429:
			return fmt.Errorf("poll: %d %s", status, told.Data.Status)
		}
		time.Sleep(wait)
		ticker.Reset(tick)
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
