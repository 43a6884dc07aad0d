// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - What a life consists of

extension SessionLife {
  /// What the engine has reported of the call.
  public struct Reported: Sendable, Equatable, Codable {
    public internal(set) var hasRung = false
    public internal(set) var muted: Bool
    public internal(set) var onHold = false
    /// The file to which the call is being recorded.
    public internal(set) var recording: String?
    /// nil is false.
    var handsRecordingOn: Bool?
    /// The far end asks for a transfer to this address, with what goes with it, and the user has not decided.
    public internal(set) var transferRequest: String?
    /// Whom the call is with, as a server says.
    public internal(set) var connectedTo: String?
    /// nil until an engine has reported it.
    public internal(set) var audio: AudioUse?
  }

  /// The user's last requests; nil if there was none. They apply to every engine, whatever state the previous one
  /// reached, until the user makes others.
  struct Wished: Sendable, Equatable, Codable {
    var muted: Bool?
    var onHold: Bool?

    private enum CodingKeys: String, CodingKey {
      case muted = "wishedMuted"
      case onHold = "wishedOnHold"
    }
  }

  /// What carries the call, and what that can do.
  struct Carrier: Sendable, Equatable, Codable {
    /// Whether a new engine can take up the call of one that is gone.
    let isResumable: Bool
    /// Whether the engine can put the far end on hold.
    let canHold: Bool
    var hangUpGrace: UInt32?
  }

  /// How the engine's unit takes its end.
  struct UnitEnd: Sendable, Equatable, Codable {
    var wasKilled = false
    var resistsEnd = false
  }

  /// What is done since an engine was lost.
  public struct Repair: Sendable, Equatable, Codable {
    /// The number of replacement engines since the call was last up for a while.
    public internal(set) var count = 0
    var lostBy: InterruptionCause?
    /// nil is false, as in records of an older daemon.
    var hasTicket: Bool?
    /// The session has ended, but the far end may not know yet: the number of engines that were started to tell it in
    /// place of others. nil if there is nothing left to tell.
    var farewells: Int?

    private enum CodingKeys: String, CodingKey {
      case count = "repairs"
      case lostBy, hasTicket, farewells
    }
  }

  /// What the machine's sleep does to the call.
  struct Sleep: Sendable, Equatable, Codable {
    var isAsleep = false
    /// The far end is on hold because the machine sleeps, not because the user wants it.
    var isHeldForSleep = false
    var farEndIsHeld = false

    /// The user's wish has to wait.
    var decidesHold: Bool { isAsleep || isHeldForSleep }
  }
}

// MARK: - In a record

/// The parts are written as if all their values were the life's own: so do other versions of the daemon.
extension SessionLife: Codable {
  private enum CodingKeys: String, CodingKey { case state, end, hasJoined, unit, leaving, engineSpeaks, armed }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    state = try values.decode(SessionState.self, forKey: .state)
    end = try values.decodeIfPresent(SessionEnd.self, forKey: .end)
    hasJoined = try values.decode(Bool.self, forKey: .hasJoined)
    unit = try values.decode(Unit.self, forKey: .unit)
    leaving = try values.decodeIfPresent(Leaving.self, forKey: .leaving)
    engineSpeaks = try values.decode(Bool.self, forKey: .engineSpeaks)
    armed = try values.decode(Set<Deadline>.self, forKey: .armed)
    (reported, wished, carrier) = try (Reported(from: decoder), Wished(from: decoder), Carrier(from: decoder))
    (unitEnd, repair, sleep) = try (UnitEnd(from: decoder), Repair(from: decoder), Sleep(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(state, forKey: .state)
    try values.encodeIfPresent(end, forKey: .end)
    try values.encode(hasJoined, forKey: .hasJoined)
    try values.encode(unit, forKey: .unit)
    try values.encodeIfPresent(leaving, forKey: .leaving)
    try values.encode(engineSpeaks, forKey: .engineSpeaks)
    try values.encode(armed, forKey: .armed)
    for part in [reported, wished, carrier, unitEnd, repair, sleep] as [any Encodable] { try part.encode(to: encoder) }
  }
}
