// SPDX-License-Identifier: Apache-2.0

/// What the daemon says to an engine.
public enum EngineRequest: Sendable, Equatable {
  /// Always the first line of a connection.
  case hello(Hello)
  /// Place the call, or take it up again where `resume` is there. One that comes again, from a new daemon, is ignored.
  case join(Join)
  /// Leave the call gracefully, report `ended`, and exit.
  case leave
  case setMuted(Bool)
  case setHeld(Bool)
  /// Digits of RFC 4733: 0-9, A-D, `*` and `#`.
  case sendDtmf(String)
  /// Use other sound devices from now on; nil leaves the one that is, and the empty name is the default one.
  case setAudio(microphone: String?, speaker: String?)
  /// Write what is said and heard to the file, an absolute path.
  case startRecording(file: String)
  case stopRecording
  case network(reachable: Bool)
  /// To be answered with a `pong` of the same serial.
  case ping(UInt64)
  /// Serve a viewer of the terminal over the descriptor that comes along (``EngineRuntime/takeDescriptor()``).
  case attach
  /// Repeat the state: the daemon is a new one.
  case report
  /// Of a type this version does not know: to be answered with the error `unsupported`.
  case unknown(type: String)

  public struct Hello: Sendable, Equatable {
    /// The protocol's version, 1.
    public var version: Int
    public var session: String
    /// How long, in seconds, the engine may go on without hearing from a daemon; then it leaves the call by itself.
    public var lease: Int

    public init(version: Int = EngineProtocol.version, session: String, lease: Int) {
      self.version = version
      self.session = session
      self.lease = lease
    }
  }

  public struct Join: Sendable, Equatable {
    /// The address to call; nil where a command is given.
    public var uri: String?
    /// The program to run and its arguments, untouched; nil where an address is given.
    public var command: [String]?
    /// Run the command on a pseudo-terminal.
    public var terminal: Bool
    public var workingDirectory: String?
    /// `NAME=VALUE`, added to the engine's own environment for the command.
    public var environment: [String]
    /// What the engine's descriptor lists under `settings`.
    public var settings: [String: String]
    public var muted: Bool
    /// Take the call up with the far end on hold, or not; nil is as it was.
    public var held: Bool?
    /// The last `resume` of the engine that this one replaces.
    public var resume: String?
    /// The file that the engine before this one was recording to: go on with it.
    public var recording: String?
    /// What people call the call, for the desktop's mixer.
    public var title: String?

    public init(
      uri: String? = nil, command: [String]? = nil, terminal: Bool = false, workingDirectory: String? = nil,
      environment: [String] = [], settings: [String: String] = [:], muted: Bool = false, held: Bool? = nil,
      resume: String? = nil, recording: String? = nil, title: String? = nil
    ) {
      self.uri = uri
      self.command = command
      self.terminal = terminal
      self.workingDirectory = workingDirectory
      self.environment = environment
      self.settings = settings
      self.muted = muted
      self.held = held
      self.resume = resume
      self.recording = recording
      self.title = title
    }
  }
}

/// Constants of the engine protocol.
public enum EngineProtocol {
  public static let version = 1
  /// The longest line, in bytes, without its newline.
  public static let maximumLineLength = 64 * 1024
  /// The longest text for people in a message, in bytes; what is longer is cut.
  public static let maximumDetailLength = 512
  /// The longest `resume`, in bytes.
  public static let maximumResumeLength = 16 * 1024
  /// The longest path, in bytes.
  public static let maximumPathLength = 4095
  /// The longest name of a sound device, in bytes.
  public static let maximumDeviceLength = 512
}
