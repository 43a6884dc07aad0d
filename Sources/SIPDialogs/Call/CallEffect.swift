// SPDX-License-Identifier: Apache-2.0
public import CallLife
internal import CallModel

/// Effects of a call, to be carried out in order.
public enum CallEffect: Sendable, Equatable {
  /// Save it before later effects are carried out: a successor continues from it.
  case report(CallReport)
  /// Refuses a request of the daemon.
  case refuse(request: String, String)
  /// Something that nobody has asked for went wrong; one line for people.
  case warn(String)
  case resolve(SIPURI, Target.Transport?)
  /// Opens a path to the first of these targets that is reachable, on the ports of `preferring` if they are free.
  case open([Target], preferring: LocalEnd?)
  case send(SIPMessage, LocalEnd, transaction: Int)
  /// Not a transaction: there is no response.
  case acknowledge(SIPMessage, LocalEnd)
  case respond(SIPMessage, transaction: Int)
  /// Does not answer the request.
  case ignore(transaction: Int)
  case sound(Sound)
  /// Nothing is left to do.
  case exit
}

public struct CallReport: Sendable, Equatable {
  public var report: EngineReport
  /// What a successor needs; nil if it would have nothing to do.
  public var ticket: CallTicket?

  public init(report: EngineReport, ticket: CallTicket?) { (self.report, self.ticket) = (report, ticket) }
}

/// The wanted state of the sound, whatever it was before.
public struct Sound: Sendable, Equatable {
  /// nil: nothing is sent or received.
  public var plan: MediaPlan?
  public var end: LocalEnd
  /// Sends silence instead of the microphone.
  public var isMicrophoneOff: Bool
  /// Received sound is not played.
  public var isSpeakerOff: Bool
  /// For a handshake of ``plan``.
  public var certificate: Certificate?
}
