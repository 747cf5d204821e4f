-- Functions with which a tenant deletes a row by its id.
SELECT format('%I.%I', nspname, proname)
FROM pg_catalog.pg_proc
JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname = 'app' AND proname ~ '^delete_' AND prokind = 'f' AND prosecdef AND proargtypes = '2950'
    AND has_function_privilege(pg_proc.oid, 'EXECUTE')
ORDER BY 1
