;; Subrecords of DATA exchange buffers, decoded and encoded with WebAssembly SIMD (RFC 5024 §7.2, §7.3).
;;
;; A subrecord holds at most 63 octets, so the octets of a file are copied in pieces of that size and this copy decides
;; the speed. Four 16-octet moves copy a piece of any length without a loop. That is why up to 64 octets are read behind
;; the source and written behind the target; the caller (accelerated.ts) has checked that both lie inside the memory.
;;
;; Results are left in the slack behind the target, at $dstEnd: source address, target address, carry, count of end of
;; record flags, 32 bits each. JavaScript reads them there about ten times faster than exported globals.
;;
;; The two loops call nothing for an uncompressed subrecord, and what bounds a length there is a branch, which the
;; processor predicts, not a select, which the next address would wait for: each of the two was measured to cost about a
;; third of the speed.
(module
  (import "transfer" "memory" (memory 1))

  ;; $carry: header of a subrecord begun in an earlier chunk, or -1. $stopFlag: 80h to stop at an end of record, or 0.
  (func (export "decode")
    (param $src i32) (param $srcEnd i32) (param $dst i32) (param $dstEnd i32) (param $carry i32) (param $stopFlag i32)
    (local $header i32) (local $body i32) (local $count i32) (local $left i32) (local $recordEnds i32)
    (local $octets v128)
    (block $done
      (loop $subrecord
        (if (i32.ge_s (local.get $carry) (i32.const 0))
          (then
            (local.set $header (local.get $carry))
            (local.set $body (local.get $src)))
          (else
            (br_if $done (i32.ge_u (local.get $src) (local.get $srcEnd)))
            (local.set $header (i32.load8_u (local.get $src)))
            (local.set $body (i32.add (local.get $src) (i32.const 1)))))
        (local.set $count (i32.and (local.get $header) (i32.const 0x3f)))
        ;; No room for the whole subrecord: it is left untouched, header or carry included.
        (br_if $done (i32.gt_u (local.get $count) (i32.sub (local.get $dstEnd) (local.get $dst))))
        (local.set $left (i32.sub (local.get $srcEnd) (local.get $body)))
        (if (i32.and (local.get $header) (i32.const 0x40))
          (then
            (if (i32.eqz (local.get $left))
              (then
                (local.set $src (local.get $srcEnd))
                (local.set $carry (local.get $header))
                (br $done)))
            (local.set $octets (v128.load8_splat (local.get $body)))
            (v128.store (local.get $dst) (local.get $octets))
            (v128.store offset=16 (local.get $dst) (local.get $octets))
            (v128.store offset=32 (local.get $dst) (local.get $octets))
            (v128.store offset=48 (local.get $dst) (local.get $octets))
            (local.set $src (i32.add (local.get $body) (i32.const 1))))
          (else
            (v128.store (local.get $dst) (v128.load (local.get $body)))
            (v128.store offset=16 (local.get $dst) (v128.load offset=16 (local.get $body)))
            (v128.store offset=32 (local.get $dst) (v128.load offset=32 (local.get $body)))
            (v128.store offset=48 (local.get $dst) (v128.load offset=48 (local.get $body)))
            ;; The octets up to $srcEnd are the subrecord's; the rest of it comes with the next chunk.
            (if (i32.gt_u (local.get $count) (local.get $left))
              (then
                (local.set $src (local.get $srcEnd))
                (local.set $dst (i32.add (local.get $dst) (local.get $left)))
                (local.set $carry (i32.sub (local.get $header) (local.get $left)))
                (br $done)))
            (local.set $src (i32.add (local.get $body) (local.get $count)))))
        (local.set $dst (i32.add (local.get $dst) (local.get $count)))
        (local.set $carry (i32.const -1))
        (local.set $recordEnds (i32.add (local.get $recordEnds) (i32.shr_u (local.get $header) (i32.const 7))))
        (br_if $subrecord (i32.eqz (i32.and (local.get $header) (local.get $stopFlag))))))
    (call $leaveResults
      (local.get $dstEnd) (local.get $src) (local.get $dst) (local.get $carry) (local.get $recordEnds)))

  ;; $endFlag: 80h if the source is the end of its record, or 0. $compress: 1 to write runs as compressed subrecords, or
  ;; 0.
  (func (export "encode")
    (param $src i32) (param $srcEnd i32) (param $dst i32) (param $dstEnd i32) (param $endFlag i32) (param $compress i32)
    (local $left i32) (local $room i32) (local $limit i32) (local $count i32) (local $length i32) (local $header i32)
    (block $done
      (if (i32.eq (local.get $src) (local.get $srcEnd))
        (then
          ;; Nothing is left of the record but its end: a subrecord of length zero.
          (br_if $done (i32.or (i32.eqz (local.get $endFlag)) (i32.eq (local.get $dst) (local.get $dstEnd))))
          (local.set $header (local.get $endFlag))
          (i32.store8 (local.get $dst) (local.get $header))
          (local.set $dst (i32.add (local.get $dst) (i32.const 1)))
          (br $done)))
      (loop $subrecord
        ;; A header octet is never left without an octet of its subrecord. From here on $room is the room behind the
        ;; header.
        (local.set $room (i32.sub (local.get $dstEnd) (local.get $dst)))
        (br_if $done (i32.lt_u (local.get $room) (i32.const 2)))
        (local.set $room (i32.sub (local.get $room) (i32.const 1)))
        (local.set $left (i32.sub (local.get $srcEnd) (local.get $src)))
        (local.set $limit (i32.const 63))
        (if (i32.lt_u (local.get $left) (i32.const 63))
          (then (local.set $limit (local.get $left))))
        (local.set $count (local.get $limit))
        (if (local.get $compress)
          (then
            (local.set $count (call $findRun (local.get $src) (local.get $left) (local.get $limit)))))
        (if (local.get $count)
          (then
            ;; Where one octet of room would be left, which fits nothing, the subrecord takes an octet of the run that
            ;; follows.
            (if (i32.eq (i32.add (local.get $count) (i32.const 1)) (local.get $room))
              (then
                (if (i32.lt_u (local.get $count) (local.get $limit))
                  (then (local.set $count (local.get $room))))))
            (if (i32.gt_u (local.get $count) (local.get $room))
              (then (local.set $count (local.get $room))))
            (v128.store offset=1 (local.get $dst) (v128.load (local.get $src)))
            (v128.store offset=17 (local.get $dst) (v128.load offset=16 (local.get $src)))
            (v128.store offset=33 (local.get $dst) (v128.load offset=32 (local.get $src)))
            (v128.store offset=49 (local.get $dst) (v128.load offset=48 (local.get $src)))
            (local.set $header (local.get $count))
            (local.set $length (local.get $count)))
          (else
            (local.set $count (call $runLength (local.get $src) (local.get $limit)))
            (i32.store8 offset=1 (local.get $dst) (i32.load8_u (local.get $src)))
            (local.set $header (i32.or (i32.const 0x40) (local.get $count)))
            (local.set $length (i32.const 1))))
        (local.set $src (i32.add (local.get $src) (local.get $count)))
        (if (i32.eq (local.get $src) (local.get $srcEnd))
          (then (local.set $header (i32.or (local.get $header) (local.get $endFlag)))))
        (i32.store8 (local.get $dst) (local.get $header))
        (local.set $dst (i32.add (i32.add (local.get $dst) (i32.const 1)) (local.get $length)))
        (br_if $subrecord (i32.lt_u (local.get $src) (local.get $srcEnd)))))
    (call $leaveResults
      (local.get $dstEnd) (local.get $src) (local.get $dst) (i32.const -1)
      (i32.shr_u (local.get $header) (i32.const 7))))

  ;; Offset from $src of the first run of three equal octets that begins before $limit, or $limit if there is none.
  ;; $left: octets from $src to the end of the source.
  (func $findRun (param $src i32) (param $left i32) (param $limit i32) (result i32)
    (local $offset i32) (local $bound i32) (local $at i32) (local $octets v128) (local $starts i32)
    ;; The last two octets of the source cannot begin a run of three. Signed: a source of one octet makes it -1.
    (local.set $bound
      (select (local.get $limit) (i32.sub (local.get $left) (i32.const 2))
        (i32.ge_u (local.get $left) (i32.add (local.get $limit) (i32.const 2)))))
    (block $none
      (loop $block
        (br_if $none (i32.ge_s (local.get $offset) (local.get $bound)))
        (local.set $at (i32.add (local.get $src) (local.get $offset)))
        (local.set $octets (v128.load offset=1 (local.get $at)))
        (local.set $starts
          (i8x16.bitmask
            (v128.and
              (i8x16.eq (local.get $octets) (v128.load (local.get $at)))
              (i8x16.eq (local.get $octets) (v128.load offset=2 (local.get $at))))))
        (if (local.get $starts)
          (then
            (local.set $offset (i32.add (local.get $offset) (i32.ctz (local.get $starts))))
            (br_if $none (i32.ge_s (local.get $offset) (local.get $bound)))
            (return (local.get $offset))))
        (local.set $offset (i32.add (local.get $offset) (i32.const 16)))
        (br $block)))
    (local.get $limit))

  ;; How many octets from $src on equal the first one, at most $limit (3..63).
  (func $runLength (param $src i32) (param $limit i32) (result i32)
    (local $octets v128) (local $length i32) (local $others i32)
    (local.set $octets (v128.load8_splat (local.get $src)))
    (block $ended
      (loop $block
        (local.set $others
          (i8x16.bitmask
            (i8x16.ne (local.get $octets) (v128.load (i32.add (local.get $src) (local.get $length))))))
        (if (local.get $others)
          (then
            (local.set $length (i32.add (local.get $length) (i32.ctz (local.get $others))))
            (br $ended)))
        (local.set $length (i32.add (local.get $length) (i32.const 16)))
        (br_if $block (i32.lt_u (local.get $length) (local.get $limit)))))
    (select (local.get $length) (local.get $limit) (i32.lt_u (local.get $length) (local.get $limit))))

  (func $leaveResults (param $at i32) (param $src i32) (param $dst i32) (param $carry i32) (param $recordEnds i32)
    (i32.store (local.get $at) (local.get $src))
    (i32.store offset=4 (local.get $at) (local.get $dst))
    (i32.store offset=8 (local.get $at) (local.get $carry))
    (i32.store offset=12 (local.get $at) (local.get $recordEnds))))
