// SPDX-License-Identifier: Apache-2.0

/// A request from the daemon to an engine.
public enum EngineRequest: Sendable, Equatable {
  /// Always the first request of a daemon.
  case hello(Hello)
  /// Place the call, or take it up if there is a `resume`. Ignore a second one, which a new daemon sends.
  case join(Join)
  /// Leave the call gracefully, report `ended`, and exit.
  case leave
  case setMuted(Bool)
  case setHeld(Bool)
  /// Digits of RFC 4733: 0-9, A-D, `*` and `#`.
  case sendDtmf(String)
  /// Ask the far end to call this address instead, or the far end of another call: that one's `transfer-target`.
  case transfer(target: String)
  /// Answer the far end's `transfer-request`: `accepted` or `declined`; after `accepted`, `done` or `failed`. The
  /// target is the request that is meant; nil means whichever there is.
  case answerTransfer(answer: String, target: String? = nil)
  /// Use these sound devices from now on. Nil leaves a device unchanged; an empty name is the default device.
  case setAudio(microphone: String?, speaker: String?)
  /// Record both sides to the file, an absolute path.
  case startRecording(file: String)
  case stopRecording
  case network(reachable: Bool)
  /// Answer with a `pong` of the same serial.
  case ping(UInt64)
  /// Serve a viewer of the terminal over the descriptor that comes with it (``EngineRuntime/takeDescriptor()``).
  case attach
  /// Type this into the program's terminal, like a keyboard: all of it, or nothing.
  case sendKeys(String)
  /// Repeat the state, for a new daemon.
  case report
  /// A request of a type that this version does not know. Answer with the error `unsupported`.
  case unknown(type: String)

  public struct Hello: Sendable, Equatable {
    /// The protocol's version, 1.
    public var version: Int
    public var session: String
    /// How long the engine may go on without a daemon, in seconds; then it leaves the call by itself. 0 is no lease.
    public var lease: Int

    public init(version: Int = EngineProtocol.version, session: String, lease: Int) {
      self.version = version
      self.session = session
      self.lease = lease
    }
  }

  public struct Join: Sendable, Equatable {
    /// The address to call; nil if there is a command.
    public var uri: String?
    /// The program to run and its arguments, unchanged; nil if there is an address.
    public var command: [String]?
    /// Run the command on a pseudo-terminal.
    public var terminal: Bool
    /// The terminal's first size, in characters; nil where the caller has none.
    public var columns: Int?
    public var rows: Int?
    public var workingDirectory: String?
    /// `NAME=VALUE`, added to the engine's own environment for the command.
    public var environment: [String]
    /// Settings by the names that the engine's descriptor lists under `settings`.
    public var settings: [String: String]
    public var muted: Bool
    /// Whether to take up the call with the far end on hold; nil leaves it as it was.
    public var held: Bool?
    /// The last `resume` of the engine that this one replaces: take up its call.
    public var resume: String?
    /// The file to which the previous engine was recording: continue it.
    public var recording: String?
    /// The call's title, for the desktop's mixer.
    public var title: String?
    /// Whose call it is; nil calls the address without an account.
    public var account: Account?

    public init(
      uri: String? = nil, command: [String]? = nil, terminal: Bool = false, columns: Int? = nil, rows: Int? = nil,
      workingDirectory: String? = nil, environment: [String] = [], settings: [String: String] = [:],
      muted: Bool = false, held: Bool? = nil, resume: String? = nil, recording: String? = nil, title: String? = nil,
      account: Account? = nil
    ) {
      self.uri = uri
      self.command = command
      self.terminal = terminal
      (self.columns, self.rows) = (columns, rows)
      self.workingDirectory = workingDirectory
      self.environment = environment
      self.settings = settings
      self.muted = muted
      self.held = held
      self.resume = resume
      self.recording = recording
      self.title = title
      self.account = account
    }
  }
}

/// Constants of the engine protocol.
public enum EngineProtocol {
  public static let version = 1
  /// The longest line, in bytes, without its newline.
  public static let maximumLineLength = 64 * 1024
  /// The longest text for people in a message, in bytes; longer text is cut.
  public static let maximumDetailLength = 512
  /// The longest `resume`, in bytes.
  public static let maximumResumeLength = 16 * 1024
  /// The most columns and rows of a terminal.
  public static let maximumSide = 4096
  /// The longest path, in bytes.
  public static let maximumPathLength = 4095
  /// The longest name of a sound device, in bytes.
  public static let maximumDeviceLength = 512
  /// The longest address of an account, in bytes.
  public static let maximumAddressLength = 2048
  /// The longest other value of an account, in bytes.
  public static let maximumAccountValueLength = 512
  /// The longest text of `send-keys`, in bytes.
  public static let maximumKeysLength = 4096
}
