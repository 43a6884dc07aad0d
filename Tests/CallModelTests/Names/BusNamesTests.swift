// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

/// The names in the code and those in the documented interface are the same.
struct BusNamesTests {
  let code: SourceFile
  let interface: SourceFile

  init() throws {
    code = try SourceFile("Sources/CallModel/Names/BusNames.swift")
    interface = try SourceFile("packaging/dbus-1/org.ongoingcall.Calls1.xml")
  }

}
