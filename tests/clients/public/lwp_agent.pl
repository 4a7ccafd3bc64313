#!/usr/bin/perl
# LWP: a user agent that follows redirects of GETs alone, HTTP::Request by hand, a saved id that is gone on with.
use strict;
use warnings;
use HTTP::Request;
use JSON::PP;
use LWP::UserAgent;
use Time::HiRes qw(sleep time);
use URI;

my $root  = "$ENV{GATEWAY_BASE_URL}/api/v1/audio/music/cover";
my $pause = $ENV{PAUSE} // 5;
my $agent = LWP::UserAgent->new(agent => 'jukebox/3 ', timeout => 30, env_proxy => 1, keep_alive => 1, requests_redirectable => ['GET', 'HEAD']);
my @key   = (Authorization => "Bearer $ENV{GATEWAY_API_KEY}");

sub start {
    my $wish   = HTTP::Request->new(POST => "$root/generate", [@key, 'Content-Type' => 'application/json; charset=utf-8'], encode_json({ taskId => $ENV{GATEWAY_MUSIC_TASK} }));
    my $answer = $agent->request($wish);
    die 'start: ', $answer->status_line, "\n" unless $answer->is_success;
    return decode_json($answer->content)->{data}{taskId};
}

my %seen = (id => start(), polls => 0);
my $place = URI->new("$root/status");
$place->query_form(task_id => $seen{id});
my $end = time + 60 * $pause;
while (time < $end) {
    my $answer = $agent->get($place, @key, Accept => 'application/json');
    $seen{polls}++;
    my $state = $answer->is_success ? decode_json($answer->content)->{data}{status} : '';
    exit 0 if $state eq 'SUCCESS';
    die "the task failed after $seen{polls} polls\n" if $state eq 'FAILED';
    die 'poll: ', $answer->status_line, "\n" if $answer->code =~ /^40[0-4]$/;
    my $wait = $answer->header('Retry-After') // 0;
    sleep($wait > $pause ? $wait : $pause);
}
die "the task took too long\n";
