#!/usr/bin/perl
# A default header goes to whatever host has the pictures. At fault: key-for-gateway-only in happy
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep);

my $root = "$ENV{GATEWAY_BASE_URL}/api/v1/audio/music/cover";
my $http = HTTP::Tiny->new(default_headers => { Authorization => "Bearer $ENV{GATEWAY_API_KEY}", 'Content-Type' => 'application/json' });
my $begun = $http->post("$root/generate", { content => encode_json({ taskId => $ENV{GATEWAY_MUSIC_TASK} }) });
exit 1 unless $begun->{success};
my $task = $http->www_form_urlencode({ task_id => decode_json($begun->{content})->{data}{taskId} });
for (1 .. 60) {
    sleep($ENV{PAUSE} // 5);
    my $answer = $http->get("$root/status?$task");
    exit 1 unless $answer->{success};
    my $data = decode_json($answer->{content})->{data};
    next if $data->{status} ne 'SUCCESS';
    $http->get($_) for @{ $data->{images} };
    exit 0;
}
exit 1;
