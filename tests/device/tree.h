// SPDX-License-Identifier: Apache-2.0
// A tree of /proc and /sys from a file, put into a temporary folder.
#pragma once

#include <filesystem>
#include <string>

/// Files of trees/ (written from published figures; recorded on devices: trees/recorded/) have one entry a line, and comments after '#':
///
///     /path: content       a file; further lines of the same path are further lines of the file
///     /path -> /target     a link within the tree
///     /path !folder        also !pipe, and !denied: a file that nobody may read
///
/// Of "{0-3,5}" in a path there is one file each, with "{}" in the content replaced by its number. "\xNN" and "\0"
/// are bytes. The folder goes with the object.
class Tree {
 public:
  /// The file trees/<name>.tree.
  explicit Tree(const std::string& name);
  static Tree of_text(const std::string& text);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  const std::filesystem::path& root() const { return root_; }

 private:
  struct Text {};
  Tree(Text, const std::string& text);
  void add(const std::string& line);

  std::filesystem::path root_;
};
