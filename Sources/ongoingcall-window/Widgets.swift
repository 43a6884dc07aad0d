// SPDX-License-Identifier: Apache-2.0
import CWindow
import CallWindow

/// Puts pictures on the screen. It changes what has changed, and nothing else: what the user does meanwhile stays.
@WindowActor
struct Widgets {
  private static let shownDigits = 40

  private var shown: WindowPicture?
  /// What was typed into the call that is shown.
  private var digits = ""

  /// The ids of the objects in `window.ui`, and of the actions on them, are the same.
  mutating func show(_ picture: WindowPicture) {
    guard picture != shown else { return }
    let before = shown
    shown = picture
    text("trouble", picture.trouble)
    cwindow_tick(picture.ticks)
    if picture.rows != before?.rows { showRows(picture.rows) }
    if picture.accounts != before?.accounts { showAccounts(picture.accounts) }
    cwindow_set_text("empty", "title", picture.emptyTitle)
    cwindow_set_text("empty", "description", picture.emptyText)
    text("hint", picture.rows.isEmpty && picture.page == nil ? picture.emptyText : nil)
    cwindow_set_flag("empty", "visible", picture.page == nil)
    cwindow_set_flag("page", "visible", picture.page != nil)
    cwindow_set_text("title", "title", picture.page?.who ?? "")
    guard let page = picture.page, page != before?.page else { return }
    show(page, isAnother: page.id != before?.page?.id)
  }

  private mutating func show(_ page: CallPage, isAnother: Bool) {
    cwindow_set_text("avatar", "text", page.who)
    text("who", page.who)
    text("where", page.address)
    text("state", page.state)
    text("remark", page.remark)
    cwindow_set_flag("transfer", "visible", page.request != nil)
    cwindow_set_text("request", "title", page.request?.text ?? "")
    row("sound", page.sound)
    row("encryption", page.encryption)
    row("program", page.program)
    row("process", page.process)
    let details = [page.sound, page.encryption, page.program, page.process]
    cwindow_set_flag("details", "visible", details.contains { $0 != nil })
    showControls(page.controls)
    if isAnother {
      digits = ""
      text("digits", nil)
      focusControl(page.controls)
    }
  }

  mutating func add(digit: String) {
    digits = String((digits + digit).suffix(Self.shownDigits))
    text("digits", digits)
  }

  private func showControls(_ controls: CallPage.Controls?) {
    cwindow_set_flag("controls", "visible", controls != nil)
    guard let controls else { return }
    let acts = !controls.isLeaving
    button(
      "mute", controls.muting, acts, on: "microphone-sensitivity-muted-symbolic",
      off: "audio-input-microphone-symbolic")
    button("hold", controls.holding, acts, on: "media-playback-start-symbolic", off: "media-playback-pause-symbolic")
    cwindow_set_flag("keys", "visible", controls.sendsDigits != nil)
    cwindow_set_flag("keys", "sensitive", controls.sendsDigits == true)
    cwindow_enable("digit", controls.sendsDigits == true)
    cwindow_set_flag("terminal", "visible", controls.opensTerminal)
    cwindow_enable("terminal", acts)
    cwindow_enable("hang-up", acts)
    let hasButtons = controls.muting != nil || controls.opensTerminal
    cwindow_set_flag("buttons", "visible", hasButtons)
  }

  /// Not on the button that hangs up.
  private func focusControl(_ controls: CallPage.Controls?) {
    guard let controls else { return }
    if controls.muting != nil {
      cwindow_focus("mute")
    } else if controls.opensTerminal {
      cwindow_focus("terminal")
    }
  }

  private func button(_ name: String, _ now: CallPage.Switch?, _ acts: Bool, on: String, off: String) {
    cwindow_set_flag(name, "visible", now != nil)
    cwindow_enable(name, acts)
    guard let now else { return }
    cwindow_set_text(name + "-label", "label", now.label)
    cwindow_set_text(name + "-icon", "icon-name", now.isOn ? on : off)
    cwindow_set_label(name, now.label)
    cwindow_set_class(name, "suggested-action", now.isOn)
  }

  // MARK: Parts

  /// A label that is there where it has something to say.
  func text(_ label: String, _ text: String?) {
    cwindow_set_text(label, "label", text ?? "")
    cwindow_set_flag(label, "visible", text != nil)
  }

  private func row(_ name: String, _ text: String?) {
    cwindow_set_text(name, "subtitle", text ?? "")
    cwindow_set_flag(name, "visible", text != nil)
  }

  private func showRows(_ rows: [WindowPicture.Row]) {
    // The C strings are copied by GTK; they must last as long as the call.
    let texts = rows.map { row in [row.id, row.title, row.subtitle].map { Array($0.utf8CString) } }
    var list = CStrings(texts.flatMap(\.self))
    list.withPointers { pointers in
      let rows = texts.indices.map {
        cwindow_row(id: pointers[3 * $0], title: pointers[3 * $0 + 1], subtitle: pointers[3 * $0 + 2])
      }
      cwindow_set_rows("rows", rows, rows.count)
    }
    cwindow_set_flag("ongoing", "visible", !rows.isEmpty)
  }

  private func showAccounts(_ accounts: [WindowPicture.AccountChoice]) {
    var list = CStrings(accounts.map { Array($0.text.utf8CString) })
    list.withPointers { cwindow_set_choices("account", $0, $0.count, 0) }
    cwindow_set_flag("account", "visible", !accounts.isEmpty)
  }
}

/// Strings for C, for as long as a call lasts.
private struct CStrings {
  private var bytes: [CChar]
  private let starts: [Int]

  init(_ strings: [[CChar]]) {
    bytes = strings.flatMap(\.self)
    var start = 0
    starts = strings.map { string in
      defer { start += string.count }
      return start
    }
  }

  mutating func withPointers(_ body: ([UnsafePointer<CChar>?]) -> Void) {
    bytes.withUnsafeBufferPointer { buffer in
      body(starts.map { start in buffer.baseAddress.map { $0 + start } })
    }
  }
}
