// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// How a call is placed. What is nil is left to the user's configuration (`ongoingcalld.conf`) and to the engine.
///
/// There are no settings for video or layouts: no engine has them. A call is recorded once it is joined, by
/// ``CallSession/startRecording(to:)``.
public struct SessionSettings: Sendable, Hashable {
  /// Shown to the user; at most 256 bytes (default: the context's title, else the address).
  public var title: String?
  /// A name for the call, at most 128 bytes, by which an application that is started anew finds it:
  /// ``CallSession/attach(token:after:)``. It names one call: as long as that lives, joining with the same token and
  /// the same settings is that same call, and for 60 seconds after its end an error, ``CallsError/tokenUsed(_:)``.
  /// Default: a random one, ``CallSession/token``.
  public var token: String?
  /// Join with the microphone off. Refused where the engine cannot mute.
  public var startsMuted = false
  /// The sound device to speak into, by the name that `ongoingcallctl audio list` shows; "" is the default one, as nil
  /// is. Refused where the engine does not let it be chosen, and to an application in a sandbox.
  /// ``CallSession/setAudio(microphone:speaker:)`` changes it during the call.
  public var microphone: String?
  /// The sound device to hear by; as ``microphone``.
  public var speaker: String?
  /// How long the call goes on when nobody else is in it, in whole seconds up to a day; zero is for ever (default:
  /// 300 s). Then the session times out.
  public var idleTimeout: Duration?
  /// How long the call may stay unanswered, in whole seconds from 1 s to an hour (default: 120 s).
  public var launchTimeout: Duration?
  /// How long a lost connection may take to come back, in whole seconds from 1 s to an hour (default: 60 s).
  public var reconnectTimeout: Duration?
  /// Whether the machine may go to sleep while the call is joined.
  public var allowsSleep = false
  /// Whether the call is to go on after the user's last logout. Where true cannot be, the call is not placed.
  public var lingers: Bool?
  /// The caller's own address, where the engine is `sip`: `sip:me@example.org`.
  public var identity: String?
  /// Further settings of the engine, by the names its descriptor lists; of `sip`: play-file, record-file, transport.
  public var engineSettings: [String: String] = [:]

  /// Settings of which all but these are as their defaults say.
  public init(title: String? = nil, token: String? = nil) { (self.title, self.token) = (title, token) }
}

extension SessionSettings {
  func request(for address: String, _ context: CallContext?) throws(CallsError) -> LaunchRequest {
    var request = LaunchRequest(address: address)
    if let context { try request.call.take(context) }
    request.call.$title.given = title ?? context?.title
    request.call.token = token ?? request.call.token
    request.call.startMuted = startsMuted
    request.devices = DeviceChoice(microphone: microphone, speaker: speaker)
    request.call.$aloneTimeout.given = try idleTimeout.seconds("idleTimeout")
    request.call.$launchTimeout.given = try launchTimeout.seconds("launchTimeout")
    request.call.$reconnectTimeout.given = try reconnectTimeout.seconds("reconnectTimeout")
    request.call.$inhibitsSleep.given = allowsSleep ? false : nil
    request.call.$lingers.given = lingers
    request.engineSettings = engineSettings
    request.engineSettings["identity"] = identity ?? engineSettings["identity"]
    return request
  }
}

extension CallSettings {
  /// What goes with calls of both kinds.
  mutating func take(_ context: CallContext) throws(CallsError) {
    applicationID = context.applicationID ?? ""
    $title.given = context.title
    switch context.returnTarget {
    case .application(let name)?: returnApplication = try ReturnTarget.Application(returningTo: name)
    case .command(let command)?: returnCommand = command
    case nil: break
    }
  }
}

extension ReturnTarget.Application {
  init(returningTo name: String) throws(CallsError) {
    do { try self.init(name) } catch {
      throw .notSendable(
        "“\(name)” is not the name of an application on the bus; write it as org.example.App, or with its object's path "
          + "as org.example.App/org/example/App")
    }
  }
}

extension Duration? {
  /// What goes over the bus as `u`; what the daemon allows is for it to say.
  func seconds(_ name: String) throws(CallsError) -> UInt32? {
    guard let self else { return nil }
    guard let seconds = UInt32(exactly: self.components.seconds), self.components.attoseconds == 0 else {
      throw .notSendable("\(name) is \(self), and has to be whole seconds, not less than none")
    }
    return seconds
  }
}
