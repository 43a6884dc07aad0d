// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// How a call is placed. A value that is nil is left to the user's configuration (`ongoingcalld.conf`) and to the
/// engine.
///
/// There are no settings for video or layouts, because no engine has them. To record a call, use
/// ``CallSession/startRecording(to:)`` once it is joined.
public struct SessionSettings: Sendable, Hashable {
  /// The title that is shown to the user; at most 256 bytes (default: the context's title, else the address).
  public var title: String?
  /// A name for the call, at most 128 bytes, with which an application that restarts finds it:
  /// ``CallSession/attach(token:after:)``. While the call lives, joining with the same token and the same settings
  /// returns the same call. For 60 seconds after its end, it throws ``CallsError/tokenUsed(_:)``. Default: a random
  /// token, ``CallSession/token``.
  public var token: String?
  /// Whether to join with the microphone muted. Refused if the engine cannot mute.
  public var startsMuted = false
  /// The microphone to use: a name from `ongoingcallctl audio list`; "" and nil are the default device. Refused if the
  /// engine does not offer a choice, and to applications in a sandbox. ``CallSession/setAudio(microphone:speaker:)``
  /// changes it during the call.
  public var microphone: String?
  /// The speaker to use, like ``microphone``.
  public var speaker: String?
  /// How long to stay in the call when nobody else is in it, in whole seconds up to a day; zero is forever (default:
  /// 300 s). Then the session times out.
  public var idleTimeout: Duration?
  /// How long to wait for an answer, in whole seconds from 1 s to an hour (default: 120 s).
  public var launchTimeout: Duration?
  /// How long to try to restore a lost connection, in whole seconds from 1 s to an hour (default: 60 s).
  public var reconnectTimeout: Duration?
  /// Whether the machine may sleep while the call is joined.
  public var allowsSleep = false
  /// Whether the call survives the user's last logout. If lingering cannot be enabled, the call is not placed.
  public var lingers: Bool?
  /// The ID of the user's SIP account through which to call (`ongoingcallctl account list`). Default: the default
  /// account; an empty text is none. In a sandbox, it is the label or the ID that the application sees of an account that
  /// the user permits it, and other calls go through none.
  public var account: String?
  /// The caller's own address, for the engine `sip`: `sip:me@example.org`.
  public var identity: String?
  /// Further settings of the engine, by the names in its descriptor; for `sip`: play-file, record-file,
  /// anonymous, transport, encryption, key-exchange.
  public var engineSettings: [String: String] = [:]

  /// Creates settings with defaults for everything else.
  public init(title: String? = nil, token: String? = nil) { (self.title, self.token) = (title, token) }
}

extension SessionSettings {
  func request(for address: String, _ context: CallContext?) throws(CallsError) -> LaunchRequest {
    var request = LaunchRequest(address: address)
    if let context { try request.call.take(context) }
    request.call.$title.given = title ?? context?.title
    request.call.token = token ?? request.call.token
    request.call.account = account
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
        "“\(name)” is not a D-Bus name; write it as org.example.App, or with an object path as "
          + "org.example.App/org/example/App")
    }
  }
}

extension Duration? {
  /// What goes over the bus as `u`; what the daemon allows is for it to say.
  func seconds(_ name: String) throws(CallsError) -> UInt32? {
    guard let self else { return nil }
    guard let seconds = UInt32(exactly: self.components.seconds), self.components.attoseconds == 0 else {
      throw .notSendable("\(name) is \(self); it must be whole seconds, 0 or more")
    }
    return seconds
  }
}
