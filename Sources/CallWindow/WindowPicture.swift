// SPDX-License-Identifier: Apache-2.0

/// What the window shows at one time.
public struct WindowPicture: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    public var id: String
    public var title: String
    public var subtitle: String
  }

  public struct AccountChoice: Sendable, Equatable {
    /// As `Launch` takes it: nil is the default account, and "" none.
    public var id: String?
    public var text: String
  }

  /// Why the rest may be out of date.
  public var trouble: String?
  public var rows: [Row] = []
  /// Empty where there is nothing to choose.
  public var accounts: [AccountChoice] = []
  /// The chosen call, or the only one.
  public var page: CallPage?
  /// What is there in place of a call.
  public var emptyTitle = ""
  public var emptyText = ""
  /// Whether something of it changes by itself.
  public var ticks = false
}

/// What the window shows of one call.
public struct CallPage: Sendable, Equatable {
  public var id: String
  public var who: String
  /// The address, where `who` is not it.
  public var address: String?
  public var state: String
  /// Why it ended, or to whom it is connected.
  public var remark: String?
  public var request: TransferRequest?
  public var sound: String?
  public var encryption: String?
  public var program: String?
  public var process: String?
  /// nil where the call has ended.
  public var controls: Controls?

  /// The far end asks the user to call somebody else.
  public struct TransferRequest: Sendable, Equatable {
    public var address: String
    /// The question.
    public var text: String
  }

  public struct Controls: Sendable, Equatable {
    /// What the buttons would do; nil where the call has no such button.
    public var muting: Switch?
    public var holding: Switch?
    public var sendsDigits: Bool?
    public var opensTerminal: Bool
    /// It is being hung up.
    public var isLeaving: Bool
  }

  /// Set, never toggled: what is on is what the user saw when the button was pressed.
  public struct Switch: Sendable, Equatable {
    public var isOn: Bool
    public var label: String
  }
}
