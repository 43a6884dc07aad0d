// SPDX-License-Identifier: Apache-2.0
public import CallLife
public import CallModel

/// What is to be done for a call, in order.
public enum CallEffect: Sendable, Equatable {
  /// To be written before what follows is done: it is what a successor goes on from.
  case report(CallReport)
  /// The engine's answer to a request of the daemon that came to nothing.
  case refuse(request: String, String)
  case resolve(SIPURI, Target.Transport?)
  /// Opens a way to the first of these that there is one to, on the ports of `preferring` where they are free.
  case open([Target], preferring: LocalEnd?)
  case send(SIPMessage, LocalEnd, transaction: Int)
  /// Without a transaction: nothing comes back.
  case acknowledge(SIPMessage, LocalEnd)
  case respond(SIPMessage, transaction: Int)
  /// Says nothing to whoever sent the request.
  case ignore(transaction: Int)
  case sound(Sound)
  /// Nothing is left to do.
  case exit
}

public struct CallReport: Sendable, Equatable {
  public var report: EngineReport
  /// What a successor needs; nil where it would have nothing to do.
  public var ticket: CallTicket?

  public init(report: EngineReport, ticket: CallTicket?) { (self.report, self.ticket) = (report, ticket) }
}

/// How the call is to sound, whatever it was like before.
public struct Sound: Sendable, Equatable {
  /// nil: nothing goes and nothing comes.
  public var plan: MediaPlan?
  public var end: LocalEnd
  /// Silence goes in place of the microphone.
  public var isMicrophoneOff: Bool
  /// What comes is not played.
  public var isSpeakerOff: Bool
}
