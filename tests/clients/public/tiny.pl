#!/usr/bin/perl
# HTTP::Tiny with keep-alive, decoded JSON, a pause for every state but the last two.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep);

my $root  = "$ENV{GATEWAY_BASE_URL}/api/v1/audio/music/upload-cover";
my $pause = $ENV{PAUSE} // 5;
my $http  = HTTP::Tiny->new(timeout => 30, default_headers => { Authorization => "Bearer $ENV{GATEWAY_API_KEY}" });
my $wish  = { audio_id => $ENV{GATEWAY_AUDIO}, custom_mode => JSON::PP::false };

my $answer = $http->post("$root/generate", { headers => { 'Content-Type' => 'application/json' }, content => encode_json($wish) });
die "start: $answer->{status}\n" unless $answer->{success};
my $task = decode_json($answer->{content})->{data}{task_id};
for (1 .. 60) {
    my $query = $http->www_form_urlencode({ task_id => $task });
    $answer = $http->get("$root/status?$query");
    if ($answer->{success}) {
        my $state = decode_json($answer->{content})->{data}{status};
        exit 0 if $state eq 'complete';
        die "the task failed\n" if $state eq 'failed';
    }
    die "poll: $answer->{status}\n" if $answer->{status} =~ /^40[014]$/;
    my $wait = $answer->{headers}{'retry-after'} // 0;
    sleep($wait > $pause ? $wait : $pause);
}
die "the task took too long\n";
