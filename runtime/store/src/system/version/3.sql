-- The runtime's own tables, version 3. Frozen.

-- postgres
-- For a statement that is a whole transaction: takes the gate shared, and fails where it would have to wait for it, where
-- a barrier has passed that deployment `known` does not know, or where fewer than `wanted` records were kept. The statement
-- inside sees what was committed before the gate was taken. It must not wait: the statement around it has locked its
-- tables, which whoever holds the gate may be waiting for.
CREATE FUNCTION fichero_alone(known bigint, kept bigint, wanted bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  LOCK TABLE fichero_gate IN ROW SHARE MODE NOWAIT;
  IF (SELECT barrier FROM fichero_gate) > known THEN
    RAISE EXCEPTION 'the definitions have changed since' USING ERRCODE = 'serialization_failure';
  END IF;
  IF kept <> wanted THEN
    RAISE EXCEPTION 'a record that was to be kept is gone' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN kept;
END
$$;
-- end
