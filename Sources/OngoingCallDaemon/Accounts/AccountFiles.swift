// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The files of the folder of accounts, as read at one time.
struct AccountFiles: Codable, Equatable, Sendable {
  /// A file by the name of an account's id.
  struct File: Codable, Equatable, Sendable {
    var path: String
    var id: String
    /// nil where something is wrong with it.
    var account: Account?
    /// What that is, in the order of the lines.
    var problems: [ConfigurationFile.Problem] = []
  }

  /// In the order of their ids.
  var files: [File] = []
  /// Files that can be no account's, and why.
  var others: [File] = []

  subscript(id: AccountID) -> File? { files.first { $0.id == id.description } }

  /// Everything that is wrong, with the file that it is wrong with.
  var problems: [Problem] {
    (files + others).flatMap { file in file.problems.map { Problem(path: file.path, problem: $0) } }
  }

  struct Problem: Equatable {
    var path: String
    var problem: ConfigurationFile.Problem
  }
}

/// What is to become of one account's file.
struct AccountChange: Codable, Sendable {
  var id: String
  /// What the file must say before; nil is that there is none.
  var before: Account?
  /// nil takes the file away, whatever it says.
  var after: Account?
}
