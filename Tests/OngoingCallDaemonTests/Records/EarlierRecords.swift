// SPDX-License-Identifier: Apache-2.0

/// Records that an earlier ongoingcalld wrote. A daemon that takes its place goes on with them.
enum EarlierRecords {
  /// A SIP call on hold, with every option, and its engine's ticket made short.
  static let address = #"""
    {"unit":"app-ongoingcall-sip@40xarfa6.service","joinedAt":1795721303772527,"life":{"hasRung":true,
    "state":"joined","hasTicket":true,"isHeldForSleep":false,"armed":[],"onHold":true,"farEndIsHeld":true,
    "engineSpeaks":true,"resistsEnd":false,"isResumable":true,"wishedMuted":false,"audio":{"fallback":[],
    "microphone":"","speaker":""},"canHold":true,"wishedOnHold":true,"isAsleep":false,"unit":"runs",
    "hasJoined":true,"repairs":0,"muted":false,"wasKilled":false},"events":[{"name":"session-launched","sequence":1,
    "time":1795721303698608,"session":"40xarfa6"},{"name":"session-ringing","sequence":2,"time":1795721303772192,
    "session":"40xarfa6"},{"name":"session-joined","sequence":3,"time":1795721303772528,"session":"40xarfa6"},
    {"name":"muted-changed","sequence":4,"muted":false,"time":1795721304372915,"session":"40xarfa6"},{"onHold":true,
    "name":"on-hold-changed","sequence":5,"time":1795721304501056,"session":"40xarfa6"}],
    "joinedAtBoottime":26922984763,"resume":"ticket","version":1,"endedAtBoottime":0,"id":"40xarfa6",
    "spec":{"applicationID":"org.example.App","engine":{"command":["/usr/local/libexec/ongoingcall-sip"],
    "name":"sip","warm-up":true,"sandbox-settings":["identity","transport"],"schemes":["sip","sips"],"devices":true,
    "settings":["play-file","record-file","identity","transport","microphone","speaker"],"capabilities":["mute",
    "hold","dtmf","media","audio","record","resume"]},"environment":[],"launchTimeout":30,"reconnectTimeout":40,
    "aloneTimeout":50,"startMuted":true,"inhibitsSleep":false,"settings":{"play-file":"/srv/tone.wav"},
    "uri":"sip:standup@127.0.0.1:44531","returnTarget":{"command":["/bin/true","x"]},
    "notification":{"actions":[{"key":"notes","label":"Notes"}],"title":"Shown","isOngoing":true,
    "visibility":"secret","text":"Room 5","autoCancels":false,"priority":"low"},
    "channel":"CometChat_Call_Ongoing_Conference","token":"t","lingers":false,"title":"Stand-up","terminal":false},
    "launchedAt":1795721303635053}
    """#

  /// A program on a terminal.
  static let program = #"""
    {"launchedAt":1795721307028578,"spec":{"environment":["A=b"],"terminal":true,"command":["/bin/sleep","1000"],
    "settings":{},"aloneTimeout":300,"lingers":false,"applicationID":"","workingDirectory":"/tmp","title":"Nap",
    "inhibitsSleep":true,"launchTimeout":120,"startMuted":false,
    "engine":{"command":["/usr/local/libexec/ongoingcall-run"],"schemes":[],"capabilities":["command","terminal"],
    "name":"command","settings":[]},"reconnectTimeout":60},"events":[{"name":"session-launched",
    "time":1795721307055505,"session":"m6qwcvpp","sequence":6},{"name":"session-joined","time":1795721307071284,
    "session":"m6qwcvpp","sequence":7}],"joinedAtBoottime":26926283518,"version":1,"joinedAt":1795721307071281,
    "unit":"app-ongoingcall-command@m6qwcvpp.service","life":{"wasKilled":false,"isAsleep":false,"hasJoined":true,
    "isHeldForSleep":false,"isResumable":false,"muted":false,"canHold":false,"unit":"runs","hasRung":false,
    "state":"joined","engineSpeaks":true,"armed":[],"onHold":false,"repairs":0,"resistsEnd":false,
    "farEndIsHeld":false},"endedAtBoottime":0,"id":"m6qwcvpp"}
    """#

  /// A program that has ended.
  static let ended = #"""
    {"life":{"state":"ended","repairs":0,"onHold":false,"armed":[],"end":{"detail":"exit status 3",
    "reason":"exited","event":"session-left","exitStatus":3},"farEndIsHeld":false,"canHold":false,"hasJoined":true,
    "unit":"gone","engineSpeaks":false,"muted":false,"isHeldForSleep":false,"wasKilled":false,"hasRung":false,
    "isAsleep":false,"resistsEnd":false,"isResumable":false},"unit":"app-ongoingcall-command@7w6e07a4.service",
    "events":[{"name":"session-launched","sequence":8,"time":1795721308018105,"session":"7w6e07a4"},
    {"name":"session-joined","sequence":9,"time":1795721308054476,"session":"7w6e07a4"},{"time":1795721308055890,
    "reason":"exited","detail":"exit status 3","sequence":10,"name":"session-left","exitStatus":3,
    "session":"7w6e07a4"}],"id":"7w6e07a4","joinedAt":1795721308054475,"launchedAt":1795721307997541,
    "spec":{"inhibitsSleep":true,"workingDirectory":"/home/user1","lingers":false,"startMuted":false,
    "environment":[],"title":"Gone","reconnectTimeout":60,"settings":{},"terminal":false,"launchTimeout":120,
    "aloneTimeout":300,"command":["/bin/sh","-c","exit 3"],"engine":{"name":"command",
    "command":["/usr/local/libexec/ongoingcall-run"],"settings":[],"schemes":[],"capabilities":["command",
    "terminal"]},"applicationID":""},"joinedAtBoottime":26927266711,"version":1,"endedAtBoottime":26927268125,
    "endIsTold":true}
    """#
}
