// SPDX-License-Identifier: Apache-2.0
import OngoingCall

/// Sessions as programs read them. Keys are only ever added; those of the API have its names, and its values.
extension SessionInfo {
  var json: JSON {
    [
      "id": .string(id),
      "title": .string(title),
      "application-id": .string(applicationID),
      "uri": .string(uri),
      "engine": .string(engine),
      "unit": .string(unit),
      "state": .string(state),
      "end-reason": .string(endReason),
      "end-detail": .string(endDetail),
      "adopted": .bool(adopted),
      "muted": .bool(muted),
      "on-hold": .bool(onHold),
      "launched-at-usec": .unsigned(launchedAt),
      "joined-at-usec": .unsigned(joinedAt),
      "duration-usec": .unsigned(duration),
      "survives-logout": survivesLogout.map(JSON.bool) ?? .null,
      "media": media.map(\.json) ?? .null,
      "media-quality": media.map { .string(MediaQuality($0).rawValue) } ?? .null,
      "recording": .string(recording),
      "notification": notification.map { ["state": .string($0.state), "server": .string($0.server)] } ?? .null,
    ]
  }
}

extension SessionInfo.Media {
  var json: JSON {
    [
      "sent": .unsigned(sent),
      "received": .unsigned(received),
      "lost": .unsigned(lost),
      "round-trip-ms": roundTripMilliseconds.map(JSON.unsigned) ?? .null,
      "jitter-ms": jitterMilliseconds.map(JSON.unsigned) ?? .null,
      "codec": codec.map(JSON.string) ?? .null,
      "level-sent": levelSent.map { .integer(Int64($0)) } ?? .null,
      "level-received": levelReceived.map { .integer(Int64($0)) } ?? .null,
      "microphone": microphone.map(JSON.string) ?? .null,
      "speaker": speaker.map(JSON.string) ?? .null,
      "fallback": .array(fallback.map(JSON.string)),
      "echo-cancellation": echoCancellation.map(JSON.bool) ?? .null,
    ]
  }
}
