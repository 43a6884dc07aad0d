// SPDX-License-Identifier: Apache-2.0
import CWindow
import CallWindow
import Glibc
import OngoingCall

/// The window: hears what happens, does what the user wants, and has the result shown.
@WindowActor
final class WindowProgram {
  private static var program: WindowProgram?

  private let calls = OngoingCalls()
  private var state: WindowState
  private var widgets = Widgets()
  private var seconds = 0

  /// What `program` is for C, which gets no context.
  private static var current: WindowProgram {
    if let program { return program }
    let new = WindowProgram()
    program = new
    return new
  }

  private init() {
    state = WindowState(
      phrases: WindowPhrases { text in
        text.withCString { cwindow_translation($0).map { String(cString: $0) } } ?? text
      })
    addActions()
    let updates = calls.updates
    WindowActor.task { [weak self] in
      for await update in updates { self?.take(update) }
    }
  }

  private var now: Duration { ContinuousClock().systemEpoch.duration(to: .now) }

  // MARK: From C

  nonisolated static func open(_ wish: UnsafePointer<CChar>?) {
    let wish = wish.map { String(cString: $0) } ?? ""
    WindowActor.assumeIsolated { current.open(wish) }
  }

  nonisolated static func act(_ action: UnsafePointer<CChar>?, _ argument: UnsafePointer<CChar>?) {
    let (action, argument) = (action.map { String(cString: $0) } ?? "", argument.map { String(cString: $0) } ?? "")
    WindowActor.assumeIsolated { current.act(action, argument) }
  }

  nonisolated static func tick() { WindowActor.assumeIsolated { current.tick() } }

  // MARK: What happens

  private func take(_ update: OngoingCalls.Update) {
    state.take(update, at: now)
    show()
  }

  private func open(_ wish: String) {
    if !wish.isEmpty { choose(wish) }
    calls.refresh()
    show()
    cwindow_present()
  }

  /// The counters change without an event.
  private func tick() {
    seconds += 1
    if seconds % 2 == 0 { calls.refresh() }
    show()
  }

  private func show() { widgets.show(state.picture(at: now)) }

  private func choose(_ id: String) {
    state.choose(id)
    cwindow_set_text("leaflet", "visible-child-name", "call")
  }

  // MARK: What the user wants

  private func addActions() {
    cwindow_add_action("call", false, nil)
    cwindow_add_action("choose", true, nil)
    cwindow_add_action("back", false, "Escape")
    cwindow_add_action("mute", false, "<Control>m")
    cwindow_add_action("hold", false, "<Control>h")
    cwindow_add_action("digit", true, nil)
    cwindow_add_action("terminal", false, "<Control>t")
    cwindow_add_action("hang-up", false, "<Control>End")
    cwindow_add_action("accept", false, nil)
    cwindow_add_action("decline", false, nil)
    cwindow_add_action("close", false, "<Control>w")
  }

  private func act(_ action: String, _ argument: String) {
    let shown = state.shown(at: now)
    switch (action, shown) {
    case ("call", _): call()
    case ("choose", _):
      choose(argument)
      show()
    case ("back", _):
      state.leave()
      cwindow_set_text("leaflet", "visible-child-name", "calls")
      show()
    case ("close", _): cwindow_close()
    case ("mute", let call?): ask { try await $0.setMuted(!call.isMuted, for: call.id) }
    case ("hold", let call?): ask { try await $0.setOnHold(!call.isOnHold, for: call.id) }
    case ("digit", let call?): send(argument, call.id)
    case ("terminal", let call?): ask { try await $0.return(to: call.id) }
    case ("hang-up", let call?): ask { try await $0.hangUp(call.id) }
    case ("accept", let call?): answer(call, accepting: true)
    case ("decline", let call?): answer(call, accepting: false)
    default: break
    }
  }

  private func ask(_ request: @escaping @Sendable (OngoingCalls) async throws -> Void) {
    WindowActor.task { [calls] in
      do { try await request(calls) } catch { cwindow_toast(Self.sentence(error)) }
      calls.refresh()
    }
  }

  private func answer(_ call: OngoingCalls.Call, accepting: Bool) {
    guard let address = call.transferRequest else { return }
    ask { try await $0.answerTransfer(of: call.id, to: address, accepting: accepting) }
  }

  private func send(_ digit: String, _ id: String) {
    widgets.add(digit: digit)
    ask { try await $0.sendDTMF(digit, to: id) }
  }

  private func call() {
    guard let typed = cwindow_text("address") else { return }
    defer { free(typed) }
    let text = String(cString: typed)
    refuse(nil)
    var settings = SessionSettings()
    settings.account = state.account(at: Int(cwindow_chosen("account")))
    cwindow_enable("call", false)
    WindowActor.task { [self, settings] in
      defer { cwindow_enable("call", true) }
      do throws(CallsError) {
        let id = try await calls.launch(text, settings: settings)
        cwindow_set_text("address", "text", "")
        choose(id)
        calls.refresh()
      } catch { refuse(Self.sentence(error)) }
    }
  }

  private func refuse(_ why: String?) {
    widgets.text("refusal", why.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." })
    cwindow_set_class("address", "error", why != nil)
    if why != nil { cwindow_focus("address") }
  }

  private static func sentence(_ error: any Error) -> String {
    CallText.line("\(error)", limit: 1000) + ((error as? CallsError)?.remedy.map { "; \($0)" } ?? "")
  }
}
