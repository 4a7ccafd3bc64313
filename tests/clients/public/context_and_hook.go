// Two goroutines: a server for webhooks and a loop of polls, whichever is told first ends the other.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

type told struct {
	Data struct {
		TaskID string `json:"task_id"`
		Status string `json:"status"`
	} `json:"data"`
}

var (
	root   = os.Getenv("GATEWAY_BASE_URL") + "/api/v1/audio/music/upload-cover"
	client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2}}
)

func send(ctx context.Context, method, path string, body []byte) (answer told, status int, wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, method, root+path, bytes.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("GATEWAY_API_KEY"))
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return
	}
	defer response.Body.Close()
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	status, wait = response.StatusCode, time.Duration(seconds)*time.Second
	if status == http.StatusOK {
		err = json.NewDecoder(response.Body).Decode(&answer)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return
}

func poll(ctx context.Context, task string, pause time.Duration, ended chan<- string) {
	for {
		answer, status, wait, _ := send(ctx, "GET", "/status?task_id="+url.QueryEscape(task), nil)
		if s := answer.Data.Status; s == "complete" || s == "failed" {
			ended <- s
			return
		}
		if status >= 400 && status < 500 && status != 429 {
			ended <- "failed"
			return
		}
		if jitter := pause + time.Duration(rand.Int63n(int64(pause)/4)); wait < jitter {
			wait = jitter
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func run() error {
	seconds, err := strconv.ParseFloat(os.Getenv("PAUSE"), 64)
	if err != nil {
		seconds = 5
	}
	pause := time.Duration(seconds * float64(time.Second))
	ctx, cancel := context.WithTimeout(context.Background(), 60*pause)
	defer cancel()
	base, err := url.Parse(os.Getenv("GATEWAY_CALLBACK_BASE"))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", base.Host)
	if err != nil {
		return err
	}
	ended := make(chan string, 9)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var hook told
		if json.NewDecoder(r.Body).Decode(&hook) == nil {
			select {
			case ended <- hook.Data.Status:
			default:
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Shutdown(context.Background()) }()
	body, _ := json.Marshal(map[string]any{"audio_id": os.Getenv("GATEWAY_AUDIO"), "callback_url": base.JoinPath("done").String()})
	answer, status, _, err := send(ctx, "POST", "/generate", body)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("start: %d %v", status, err)
	}
	go poll(ctx, answer.Data.TaskID, pause, ended)
	select {
	case state := <-ended:
		if state == "complete" {
			return nil
		}
		return errors.New(state)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
